"""States between int8 and int16."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.kernel import COMMON_DIR, Addresses, Candidate, Kernel, Machine

FOLDER = Path(__file__).parent
VALUE_CYCLES = 70
LAYER_CYCLES = 250


class Convert(Kernel[ops.Convert]):
    """Each core some of the values, where they lie."""

    name = "convert"
    operators = (ops.Convert,)
    headers = ("convert.h",)
    function = "nmcu_convert_run"

    def refusal(self, layer: Layer[ops.Convert], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.Convert], machine: Machine) -> Sequence[Candidate]:
        work = -(-layer.inputs[0].size // machine.cores) * VALUE_CYCLES
        return [Candidate(self.name, {}, {}, LAYER_CYCLES + work, work, 0)]

    def descriptor(self, layer: Layer[ops.Convert], parameters: Mapping[str, int], at: Addresses) -> Struct:
        op = layer.op
        return Struct(
            "nmcu_convert_t",
            {
                "input": Expr(f"(const int8_t *)({at.inputs[0]})"),
                "output": Expr(f"(int8_t *)({at.outputs[0]})"),
                "count": layer.inputs[0].size,
                "widens": int(op.dtype == "int16"),
                "input_zero_point": op.input_zero_point,
                "zero_point": op.zero_point,
                "rescale": Struct("nmcu_rescale_t", {"multiplier": 2 * op.multiplier, "shift": -op.exponent}),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (COMMON_DIR / "pipeline.c", FOLDER / "convert.c")


KERNELS = (Convert(),)

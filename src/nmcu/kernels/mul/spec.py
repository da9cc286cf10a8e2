"""Product of two tensors: portable code on the flat pipeline."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import elementwise, requantize
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine

FOLDER = Path(__file__).parent
CYCLES_PER_WORD = 72.0


class Mul(Kernel[ops.Mul]):
    """`y = requantised (a - z_a) * (b - z_b)`; broadcasting."""

    name = "mul"
    operators = (ops.Mul,)
    headers = ("mul.h",)
    function = "nmcu_mul_run"

    def refusal(self, layer: Layer[ops.Mul], machine: Machine) -> str | None:
        return elementwise.refusal(layer)

    def candidates(self, layer: Layer[ops.Mul], machine: Machine) -> Sequence[Candidate]:
        return elementwise.candidates(self.name, layer, machine, CYCLES_PER_WORD)

    def descriptor(self, layer: Layer[ops.Mul], parameters: Mapping[str, int], at: Addresses) -> Struct:
        zeros = {"zero_point_a": layer.op.zero_point_a, "zero_point_b": layer.op.zero_point_b}
        factors = dict(
            zip(("multiplier", "round", "shift"), map(int, requantize.factors(layer)[:, 0]), strict=True)
        )
        return Struct(
            "nmcu_mul_t",
            {
                "map": elementwise.descriptor(layer, parameters, at, "nmcu_mul_words"),
                "mul": Struct(
                    "nmcu_mul_parameters_t", zeros | factors | {"requant": requantize.descriptor(layer)}
                ),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*elementwise.SOURCES, FOLDER / "mul.c")


KERNELS = (Mul(),)

"""Product of two tensors."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import elementwise, requantize
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine

FOLDER = Path(__file__).parent
CYCLES_PER_WORD = {"rv32": 72.0, "xcv": 40.0}


class Mul(Kernel[ops.Mul]):
    """`y = requantised (a - z_a) * (b - z_b)`; broadcasting."""

    name = "mul"
    near = True
    operators = (ops.Mul,)
    headers = ("mul.h",)
    function = "nmcu_mul_run"

    def refusal(self, layer: Layer[ops.Mul], machine: Machine) -> str | None:
        return elementwise.refusal(layer)

    def candidates(self, layer: Layer[ops.Mul], machine: Machine) -> Sequence[Candidate]:
        return elementwise.candidates(self.name, layer, machine, machine.isa.best(CYCLES_PER_WORD))

    def descriptor(self, layer: Layer[ops.Mul], parameters: Mapping[str, int], at: Addresses) -> Struct:
        op = layer.op
        assert requantize.form(layer) == "narrow"  # 17 bits times 14 are enough for any factor
        factors = map(int, requantize.factors(layer)[:, 0])
        constants = {
            "zero_point_a": op.zero_point_a,
            "zero_point_b": op.zero_point_b,
            **dict(zip(("multiplier", "round", "shift"), factors, strict=True)),
            "lo": op.lo,
            "hi": op.hi,
        }
        return Struct(
            "nmcu_mul_t",
            {
                "map": elementwise.descriptor(layer, parameters, at, "nmcu_mul_words"),
                "mul": Struct("nmcu_mul_parameters_t", constants),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*elementwise.SOURCES, FOLDER / "mul.c", body(FOLDER, "mul_words"))


KERNELS = (Mul(),)

"""Square of the difference of two tensors: portable code on the flat pipeline."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import elementwise, requantize
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine

FOLDER = Path(__file__).parent
CYCLES_PER_WORD = {"rv32": 149.0, "xcv": 106.5}


class SquaredDifference(Kernel[ops.SquaredDifference]):
    """`y = (a - b)**2`; broadcasting."""

    name = "squared_difference"
    operators = (ops.SquaredDifference,)
    headers = ("squared_difference.h",)
    function = "nmcu_squared_difference_run"

    def refusal(self, layer: Layer[ops.SquaredDifference], machine: Machine) -> str | None:
        return elementwise.refusal(layer)

    def candidates(self, layer: Layer[ops.SquaredDifference], machine: Machine) -> Sequence[Candidate]:
        return elementwise.candidates(self.name, layer, machine, machine.isa.best(CYCLES_PER_WORD))

    def descriptor(
        self, layer: Layer[ops.SquaredDifference], parameters: Mapping[str, int], at: Addresses
    ) -> Struct:
        op = layer.op
        start = 1 << (op.difference_shift - 1)
        start += op.zero_point_b * op.multiplier_b - op.zero_point_a * op.multiplier_a
        multiplier, rounding, shift = map(int, requantize.factors(layer)[:, 0])
        return Struct(
            "nmcu_squared_difference_t",
            {
                "map": elementwise.descriptor(layer, parameters, at, "nmcu_squared_difference_words"),
                "square": Struct(
                    "nmcu_squared_difference_parameters_t",
                    {
                        "multiplier_a": op.multiplier_a,
                        "multiplier_b": op.multiplier_b,
                        "difference_round": start,
                        "difference_shift": op.difference_shift,
                        "multiplier": multiplier,
                        "round": rounding,
                        "shift": shift,
                        "requant": requantize.descriptor(layer),
                    },
                ),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*elementwise.SOURCES, FOLDER / "squared_difference.c")


KERNELS = (SquaredDifference(),)

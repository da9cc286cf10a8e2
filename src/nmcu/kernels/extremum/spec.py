"""Element-wise maximum and minimum of two tensors: portable code on the flat pipeline."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import elementwise
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine

FOLDER = Path(__file__).parent
CYCLES_PER_WORD = 30.0


class Extremum(Kernel[ops.Extremum]):
    """`y = max(a, b)` or `min(a, b)`; broadcasting."""

    name = "extremum"
    operators = (ops.Extremum,)
    headers = ("extremum.h",)
    function = "nmcu_extremum_run"

    def refusal(self, layer: Layer[ops.Extremum], machine: Machine) -> str | None:
        return elementwise.refusal(layer)

    def candidates(self, layer: Layer[ops.Extremum], machine: Machine) -> Sequence[Candidate]:
        return elementwise.candidates(self.name, layer, machine, CYCLES_PER_WORD)

    def descriptor(self, layer: Layer[ops.Extremum], parameters: Mapping[str, int], at: Addresses) -> Struct:
        loop = "nmcu_maximum_words" if layer.op.maximum else "nmcu_minimum_words"
        shape = elementwise.descriptor(layer, parameters, at, loop)
        return Struct("nmcu_extremum_t", {"map": shape, "copy": Expr(at.l1["layer"])})

    def files(self) -> tuple[Path | Body, ...]:
        return (*elementwise.SOURCES, FOLDER / "extremum.c")


KERNELS = (Extremum(),)

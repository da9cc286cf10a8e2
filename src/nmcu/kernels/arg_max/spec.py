"""Index of the largest value of each row: portable code."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import rows
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine

FOLDER = Path(__file__).parent
VALUE_CYCLES = 7


class ArgMax(Kernel[ops.ArgMax]):
    """Row by row; a row is one core's. The result is int32."""

    name = "arg_max"
    operators = (ops.ArgMax,)
    headers = ("arg_max.h",)
    function = "nmcu_arg_max_run"

    def refusal(self, layer: Layer[ops.ArgMax], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.ArgMax], machine: Machine) -> Sequence[Candidate]:
        return rows.candidates(self.name, layer, machine, VALUE_CYCLES * layer.inputs[0].shape[-1] + 30)

    def descriptor(self, layer: Layer[ops.ArgMax], parameters: Mapping[str, int], at: Addresses) -> Struct:
        shape = rows.descriptor(layer, parameters, at)
        return Struct("nmcu_arg_max_t", {"rows": shape, "copy": Expr(at.l1["layer"])})

    def files(self) -> tuple[Path | Body, ...]:
        return (*rows.SOURCES, FOLDER / "arg_max.c")


KERNELS = (ArgMax(),)

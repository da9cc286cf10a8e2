"""Index of the largest value of each row: portable code."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from nmcu.graph import Layer
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import rows
from nmcu.kernels.kernel import KERNELS_DIR, Addresses, Candidate, Kernel, Machine

FOLDER = Path(__file__).parent
VALUE_CYCLES = 7


class ArgMax(Kernel):
    """Row by row; a row is one core's. The result is int32."""

    name = "arg_max"
    kinds: ClassVar[frozenset[str]] = frozenset({"argmax"})
    headers = ("arg_max.h",)
    function = "nmcu_arg_max_run"

    def refusal(self, layer: Layer, machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer, machine: Machine) -> Sequence[Candidate]:
        return rows.candidates(self.name, layer, machine, VALUE_CYCLES * layer.inputs[0].shape[-1] + 30)

    def descriptor(self, layer: Layer, parameters: Mapping[str, int], at: Addresses) -> Struct:
        shape = rows.descriptor(layer, parameters, at)
        return Struct("nmcu_arg_max_t", {"rows": shape, "copy": Expr(at.l1["layer"])})

    def library(self, isa: str) -> tuple[Path, ...]:
        return (*rows.SOURCES, FOLDER / "arg_max.c")

    def include_dirs(self) -> tuple[Path, ...]:
        return (KERNELS_DIR / "common", FOLDER)

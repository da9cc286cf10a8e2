"""Pieces of networks that IREE compiled."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from nmcu.graph import Layer, ops
from nmcu.isa import BASE
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.kernel import NOWHERE, Addresses, Candidate, Kernel, Machine, align
from nmcu.kernels.packed import Packed

if TYPE_CHECKING:
    from nmcu.iree import IreeError
    from nmcu.iree.fragment import Fragment

FOLDER = Path(__file__).parent
FILES = (FOLDER / "iree.c", FOLDER / "iree_floats.c", FOLDER.parent / "floats" / "float_math.c")
"""For RISC-V cores only, as the code that they call."""
MOST_BUFFERS, MOST_BINDINGS = 16, 16
"""`NMCU_IREE_BUFFERS`, `NMCU_IREE_BINDINGS`."""
EXECUTOR_STACK_BYTES = 640
"""Stack of a core until it calls a function: `main`, the network's functions and the executor's."""
INTEGER_CYCLES, FLOAT_CYCLES = 20, 300
"""Of a step of a loop: a product of int8 codes with its share of requantisation, soft float."""
COPIED_STEPS = 1000
"""Of a function that only copies: its name does not say how much."""
FAR = 1.4
"""How many times longer code takes whose data lie in a memory that is not the compute memory."""


@dataclass(frozen=True)
class Iree(Kernel[ops.Foreign]):
    """The functions of IREE's static library for `march`, called as its schedule says: workgroups go round the cores, a
    barrier stands where the schedule has one.

    What lasts while a layer runs lies in the compute memory where it fits, else in working memory. Where a layer is a
    function of each value, every core follows the schedule of its own slice (`nmcu.iree.slices`).
    """

    march: str = ""
    cores: int = 1
    name = "iree"
    operators = (ops.Foreign,)
    headers = ("iree.h",)
    function = "nmcu_iree_run"

    def on(self, machine: Machine) -> "Iree":
        return Iree(machine.isa.march, machine.cores)

    def refusal(self, layer: Layer[ops.Foreign], machine: Machine) -> str | None:
        found = self._try(layer)
        if isinstance(found, Exception):
            return str(found)
        ports = len(layer.inputs) + len(layer.outputs)
        if ports > MOST_BUFFERS - 2:
            return f"{ports} inputs and outputs (at most {MOST_BUFFERS - 2})"
        most = max((len(dispatch.bindings) for dispatch in found.schedule.dispatches), default=0)
        return f"a function of {most} operands (at most {MOST_BINDINGS})" if most > MOST_BINDINGS else None

    def scratch_bytes(self, layer: Layer[ops.Foreign], machine: Machine) -> int:
        found = self._try(layer)
        if isinstance(found, Exception):
            return 0
        return found.schedule.transient_bytes * max(1, self._slices(layer))

    def stack_bytes(self, layer: Layer[ops.Foreign]) -> int:
        found = self._try(layer)
        return 0 if isinstance(found, Exception) else found.stack_bytes + EXECUTOR_STACK_BYTES

    def part_names(self, layer: Layer[ops.Foreign]) -> Sequence[str]:
        """The steps of IREE's schedule."""
        return self._fragment(layer).step_names

    def candidates(self, layer: Layer[ops.Foreign], machine: Machine) -> Sequence[Candidate]:
        """With constants and transient memory near or far, what is near first."""
        fragment = self._fragment(layer)
        transient, constants = self.scratch_bytes(layer, machine), len(fragment.schedule.constants)
        local = machine.cores * align(fragment.local_bytes)
        found: list[Candidate] = []
        for near_transient, near_constants in ((True, True), (True, False), (False, True), (False, False)):
            l1 = {
                "local": local,
                "transient": machine.staged_bytes(transient) if near_transient else 0,
                "constants": machine.staged_bytes(constants) if near_constants else 0,
            }
            far = machine.staged and not (near_transient and near_constants)
            work = int(_work(fragment, machine.cores) * (FAR if far else 1))
            dma = machine.dma_cycles(l1["constants"])
            parameters = {"transient": int(bool(l1["transient"])), "constants": int(bool(l1["constants"]))}
            candidate = Candidate(self.name, parameters, l1, work + dma, work, dma)
            if candidate.l1_bytes <= machine.l1_bytes and parameters not in [c.parameters for c in found]:
                found.append(candidate)
        return found

    def pack(self, layer: Layer[ops.Foreign]) -> Mapping[str, Packed]:
        constants = self._fragment(layer).schedule.constants
        return {"constants": Packed(constants)} if constants else {}

    def generated(self, layer: Layer[ops.Foreign]) -> Mapping[str, str]:
        from nmcu.kernels.iree.source import header_text, source_text

        made = self._fragment(layer)
        files = {
            f"{made.name}.h": header_text(made),
            f"{made.name}.c": source_text(made, len(layer.inputs)),
        }
        return files | ({f"{made.name}_library.S": made.assembly} if made.assembly else {})

    def descriptor(self, layer: Layer[ops.Foreign], parameters: Mapping[str, int], at: Addresses) -> Struct:
        made = self._fragment(layer)
        constants = at.constants.get("constants", NOWHERE)
        copied = parameters["constants"]
        near = at.l1["constants"] if copied else f"(int8_t *)(uintptr_t)({constants})"
        transient = at.l1["transient"] if parameters["transient"] else at.scratch
        buffers = (near if constants != NOWHERE else NOWHERE, transient, *at.inputs, *at.outputs)
        slices = self._slices(layer)
        strides = (
            (0, made.schedule.transient_bytes, *(t.bytes // slices for t in (*layer.inputs, *layer.outputs)))
            if slices
            else ()
        )
        return Struct(
            "nmcu_iree_t",
            {
                "run": Expr(made.name),
                "buffers": tuple(map(Expr, buffers)),
                "constants": Expr(f"(const int8_t *)({constants})" if copied else NOWHERE),
                "constant_bytes": len(made.schedule.constants) if copied else 0,
                "local": Expr(at.l1["local"]),
                "local_bytes": align(made.local_bytes),
                "slices": slices,
                **({"strides": strides} if strides else {}),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return tuple(Body({frozenset({BASE}): file}) for file in FILES)

    def _fragment(self, layer: Layer[ops.Foreign]) -> "Fragment":
        found = self._try(layer)
        if isinstance(found, Exception):
            raise found
        return found

    def _try(self, layer: Layer[ops.Foreign]) -> "Fragment | IreeError":
        return _tried(_sliced(layer.constants["model"].tobytes(), self.cores)[0], self.march)

    def _slices(self, layer: Layer[ops.Foreign]) -> int:
        """Slices of which each core has one; 0 where all of them share the layer."""
        return _sliced(layer.constants["model"].tobytes(), self.cores)[1]


@lru_cache(64)
def _sliced(model: bytes, cores: int) -> tuple[bytes, int]:
    """The model of one core's slice, and how many there are; the model itself and 0 where it has none."""
    from nmcu.iree.slices import slice_of

    found = slice_of(model, cores)
    return (model, 0) if found is None else (found, cores)


@lru_cache(64)
def _tried(model: bytes, march: str) -> "Fragment | IreeError":
    """What IREE makes of a model, or why it does not; asked once."""
    from nmcu.iree import IreeError
    from nmcu.iree.fragment import fragment

    try:
        return fragment(model, march)
    except IreeError as error:
        return error


def _work(fragment: "Fragment", cores: int) -> float:
    """Cycles of all calls, roughly: IREE says how long its loops are, and of which types, in names of functions only
    (`conv_16x32x32x16x3x3_i8xi8xi32`)."""
    return sum(
        _steps(d.function) / min(cores, max(1, prod(d.workgroups))) for d in fragment.schedule.dispatches
    )


def _steps(function: str) -> float:
    loops = re.search(r"_dispatch_\d+_[a-z_]+_(\d+(?:x\d+)*)", function)
    steps = prod(map(int, loops[1].split("x"))) if loops else COPIED_STEPS
    return steps * (INTEGER_CYCLES if "i8xi8xi32" in function or not loops else FLOAT_CYCLES)


KERNELS = (Iree(),)

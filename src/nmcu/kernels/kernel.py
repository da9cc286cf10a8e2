"""What a kernel is to the planner and the code generator."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, final

from typing_extensions import TypeVar

from nmcu.graph import Layer, Op
from nmcu.isa import InstructionSet
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Struct
from nmcu.kernels.costs import CONTENTION, Constants, Costs, fitted
from nmcu.kernels.mix import WHOLE, Mixes, counted, more_cycles
from nmcu.kernels.packed import Packed
from nmcu.targets import Link, Role, Target

KERNELS_DIR = Path(__file__).parent
COMMON_DIR = KERNELS_DIR / "common"
NOWHERE = "0"
"""The null pointer: the buffer of an operand that is used where it lies."""
INPUTS = ("input0", "input1")
OUTPUT = "output"
CONSTANTS = "constants"
"""What `Machine.near` names: a layer's first operands, its result, its constants with its descriptor."""
OpT = TypeVar("OpT", bound=Op, default=Any)
"""What a kernel runs; `Kernel` alone is one of any operators."""


@dataclass(frozen=True)
class Machine:
    """What a kernel is chosen for: the target, the instruction set, and what work costs."""

    target: Target
    isa: InstructionSet
    fitted: Costs = field(default_factory=fitted)
    mixes: Mixes = field(default_factory=counted)
    buffer_bytes: int | None = None
    """Compute memory that buffers may take, where the planner knows better than the target's description."""
    copied: bool = False
    """Constants are copied to the compute memory, although they could be read where they lie."""
    tiling: Mapping[str, int] | None = None
    """The tiling, as a candidate's `parameters`, where it is decided: windows are not cut in any other way."""
    near: frozenset[str] = frozenset()
    """What of a layer lies in compute memory when it begins or stays there (`INPUTS`, `OUTPUT`, `CONSTANTS`), although
    operands are staged; for kernels that know how (`Kernel.near`)."""
    known: dict[Hashable, Sequence["Candidate"]] = field(default_factory=dict, compare=False, repr=False)
    """What `Kernel.predicted` has found, by all that it depends on; a copy with other buffers shares it."""

    def costs(self, kernel: str) -> Constants:
        """Cycles per unit of `kernel`'s work on this machine's cores; raises KeyError where none are fitted."""
        if kernel not in self._costs:
            self._costs[kernel] = {
                unit: cost if unit == CONTENTION else cost * self.slowdown(kernel, unit)
                for unit, cost in self.fitted.of(self.isa)[kernel].items()
            }
        return self._costs[kernel]

    @cached_property
    def _costs(self) -> dict[str, Constants]:
        """Answers that `costs` has given: kernels ask for every tiling of a layer."""
        return {}

    def is_fitted(self, kernel: str) -> bool:
        """Whether the costs of `kernel`'s units of work are fitted."""
        return kernel in self.fitted.of(self.isa)

    def slowdown(self, kernel: str, unit: str = WHOLE) -> float:
        """How many times longer than a CV32E40P this machine's cores take for a kernel's work, or for a unit of it."""
        mix = self.mixes.of(self.isa, kernel, unit)
        return max(0.0, 1 + sum(share * self._more_cycles[event] for event, share in mix.items()))

    @cached_property
    def _more_cycles(self) -> Mapping[str, float]:
        in_place = self.slow_constants and not self.copied
        latency = self.target.memory.constants.latency_cycles if in_place else 1
        return more_cycles(self.target.core.timing, latency)

    def where(self, copied: bool) -> "Machine":
        """This machine for a layer whose constants are `copied` or not."""
        return self._copying if copied else self

    @cached_property
    def _copying(self) -> "Machine":
        return replace(self, copied=True)

    @property
    def cores(self) -> int:
        return self.target.cores

    @cached_property
    def l1_bytes(self) -> int:
        """Compute memory that buffers may take: all of it but the stacks, and what else of a program lies there."""
        return self.target.compute_bytes if self.buffer_bytes is None else self.buffer_bytes

    @cached_property
    def staged(self) -> bool:
        """Whether operands come to another memory to be computed on; where not, kernels use them in place."""
        return self.target.memory.staged

    @cached_property
    def slow_constants(self) -> bool:
        """Whether constants lie in a memory of their own whose reads take longer than the compute memory's: a copy of
        them may pay."""
        memory = self.target.memory
        compute = memory.level(Role.COMPUTE).latency_cycles
        return not self.staged and memory.constants.latency_cycles > compute

    def lies_near(self, operand: str) -> bool:
        """Whether an operand of the layer (see `near`) lies in the memory that is computed in."""
        return not self.staged or operand in self.near

    def staged_bytes(self, size: int, operand: str | None = None) -> int:
        """Size of the buffer for a copy of `size` bytes in the compute memory; 0 where the original is in it, as an
        `operand` that lies near is."""
        return 0 if not self.staged or operand in self.near else size

    def staging_cycles(self, row_bytes: int, rows: int = 1, operand: str | None = None) -> int:
        """`dma_cycles` of bringing an operand to the compute memory, or a result back; 0 where it is used in place."""
        return 0 if not self.staged or operand in self.near else self.dma_cycles(row_bytes, rows)

    def copy_cycles(self, row_bytes: int, rows: int = 1) -> float:
        """Cycles of a copy within the compute memory that all cores share."""
        return rows * (20 + 3 * row_bytes // 4) / self.cores

    def dma_cycles(self, row_bytes: int, rows: int = 1) -> int:
        """Cycles of one transfer between working and compute memory, from its start to the last byte; 0 for none."""
        if row_bytes == 0 or rows == 0:
            return 0
        engine = self._engine
        if engine is None:
            return rows * (20 + 3 * row_bytes // 4)  # a copy by the core
        return engine.latency_cycles + rows * -(-row_bytes // int(engine.bytes_per_cycle))

    def constants_cycles(self, size: int, copied: bool) -> int:
        """Cycles of bringing constants of `size` bytes to the compute memory; 0 where they are used in place, which a
        kernel may leave by having them `copied`, by each core a share."""
        if not copied:
            return self.staging_cycles(size, operand=CONSTANTS)
        words = -(-size // (4 * self.cores))
        return self.dma_cycles(4 * words) + words * (self.target.memory.constants.latency_cycles - 1)

    @cached_property
    def overlaps(self) -> bool:
        """Whether transfers go on while the cores compute: an engine does them, and not a core."""
        return self._engine is not None

    def at_once(self, work: float, transfers: float) -> float:
        """Cycles of work on a tile and of the transfers for its neighbours."""
        return max(work, transfers) if self.overlaps else work + transfers

    @cached_property
    def _engine(self) -> Link | None:
        return self.target.memory.engine(Role.WORKING, Role.COMPUTE)


@dataclass(frozen=True)
class Candidate:
    """One way to run one layer: a kernel with its tiling.

    `parameters` go to the plan and back into `Kernel.descriptor`. `l1` are the buffers it needs, in bytes by name; one
    of 0 bytes stands for something that is used where it lies.
    `cycles` is the predicted time of the whole layer; `compute_cycles` and `dma_cycles` are what it would be with
    everything in L1, and the sum of all transfers.
    `room` is how many bytes before and behind a map that lies in the compute memory the kernel may touch.
    """

    kernel: str
    parameters: Mapping[str, int]
    l1: Mapping[str, int]
    cycles: int
    compute_cycles: int
    dma_cycles: int
    room: tuple[int, int] = (0, 0)

    @property
    def l1_bytes(self) -> int:
        return sum(align(size) for size in self.l1.values())

    @property
    def copied(self) -> bool:
        """Whether constants are copied that could be read where they lie."""
        return bool(self.parameters.get("copied", 0))

    def slower(self, times: float, overlaps: bool) -> "Candidate":
        """The same where work takes so many `times` longer; transfers, too, unless an engine does them beside it."""
        if times == 1:
            return self
        work = self.compute_cycles if overlaps else self.cycles
        return replace(
            self,
            cycles=self.cycles + round((times - 1) * work),
            compute_cycles=round(times * self.compute_cycles),
        )


@dataclass(frozen=True)
class Addresses:
    """C expressions for where a layer's data lie: activations and constants in L2, buffers in L1.

    A buffer of 0 bytes is `NOWHERE`. `in_l1` names what lies in L1, too (`Machine.near`); None where L1 and L2 are one
    memory. A layer that computes only a range of its output's channels writes into a map of
    `output_channels`. `scratch` is the memory beside its tensors that it asked for (`Kernel.scratch_bytes`).
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, str]
    l1: Mapping[str, str]
    output_channels: int | None = None
    in_l1: frozenset[str] | None = frozenset()
    scratch: str = NOWHERE

    @property
    def staged(self) -> bool:
        """Whether L1 and L2 are two memories: then there is room around what is written in L1 (`Candidate.room`)."""
        return self.in_l1 is not None

    def lies_near(self, operand: str) -> bool:
        """Whether an operand lies in L1."""
        return self.in_l1 is None or operand in self.in_l1

    def near(self, buffer: str, constant: str) -> str:
        """Where kernels read a constant: its copy in `buffer`, or the constant itself where there is none."""
        return f"(void *)({self.constants[constant]})" if self.l1[buffer] == NOWHERE else self.l1[buffer]


class Kernel(ABC, Generic[OpT]):
    """One kernel: what it accepts, how it can be tiled, how its constants are packed, what it is called with.

    A kernel for convolutions is a `Kernel[Conv2d]`: its methods take layers of this operator.
    """

    name: ClassVar[str]
    """As users see it in tables, plans and `--kernels`."""
    operators: ClassVar[tuple[type[Op], ...]]
    """Operators that it runs, wholly or in part."""
    requires: ClassVar[frozenset[str]] = frozenset()
    """Instruction-set extensions that it cannot do without."""
    packed: ClassVar[bool] = False
    """Reads packed N:M weights."""
    baseline: ClassVar[bool] = False
    """There to compare others with: chosen only where it is asked for by its name."""
    sieved: ClassVar[bool] = False
    """Less compute memory leaves the same candidates but those that are too large for it."""
    sums: ClassVar[bool] = False
    """Its output are int32 accumulators, not what is requantised from them."""
    near: ClassVar[bool] = False
    """Whether operands, result and constants may each lie in the compute memory on machines that stage the others."""
    residual_cycles: ClassVar[Mapping[str, float]] = {}
    """Cycles, by instruction set, that a result takes more where a tensor is added to it; empty where it adds none."""
    table_cycles: ClassVar[Mapping[str, float]] = {}
    """The same where it is looked up in a table of 256 entries; empty where it looks none up."""
    headers: ClassVar[tuple[str, ...]]
    """C headers that declare the descriptor type, `function` and what descriptors name."""
    function: ClassVar[str]
    """`void function(const descriptor *)`, called by all cores."""

    @abstractmethod
    def refusal(self, layer: Layer[OpT], machine: Machine) -> str | None:
        """Why this kernel cannot run `layer` (of one of its operators), or None if it can."""

    @abstractmethod
    def candidates(self, layer: Layer[OpT], machine: Machine) -> Sequence[Candidate]:
        """The tilings worth considering, best first; empty if none fits the compute memory.

        Cycles are a CV32E40P's, those of `machine.costs` the machine's own: callers ask for `predicted`.
        """

    @final
    def predicted(self, layer: Layer[OpT], machine: Machine) -> Sequence[Candidate]:
        """`candidates` with the cycles of the machine's kind of core, best first."""
        found = self._tilings_of(layer, machine)
        if machine.is_fitted(self.name):
            return found
        slower = [c.slower(machine.where(c.copied).slowdown(self.name), machine.overlaps) for c in found]
        return sorted(slower, key=lambda c: (c.cycles, c.l1_bytes))

    def _tilings_of(self, layer: Layer[OpT], machine: Machine) -> Sequence[Candidate]:
        """`candidates`, evaluated once for all layers that are alike, and once for all sizes of the memory that a chip
        with one memory leaves them."""
        if machine.tiling is not None:
            return self.candidates(layer, machine)
        sieved = self.sieved and not machine.staged
        most = max(machine.l1_bytes, machine.target.working_bytes) if sieved else machine.l1_bytes
        key = self.name, self.likeness(layer), most, machine.copied, machine.near
        if key not in machine.known:
            machine.known[key] = self.candidates(layer, replace(machine, buffer_bytes=most))
        found = machine.known[key]
        return [c for c in found if c.l1_bytes <= machine.l1_bytes] if sieved else found

    def likeness(self, layer: Layer[OpT]) -> Hashable:
        """What `candidates` depend on beside the machine: layers of which it is equal have the same ones. The layer
        itself, unless a kernel knows better."""
        return layer

    def on(self, machine: Machine) -> "Kernel[OpT]":
        """This kernel for one machine; another one where its code or its constants depend on the instruction set."""
        return self

    def scratch_bytes(self, layer: Layer[OpT], machine: Machine) -> int:
        """Working memory that a layer needs while it runs, beside its tensors."""
        return 0

    def stack_bytes(self, layer: Layer[OpT]) -> int:
        """Stack that each core needs for a layer, all that calls it included; 0 where any will do."""
        return 0

    def part_names(self, layer: Layer[OpT]) -> Sequence[str]:
        """Names of the parts that it marks in a layer (`NMCU_REGION_PART` in nmcu_hal.h), from part 1 on."""
        return ()

    def generated(self, layer: Layer[OpT]) -> Mapping[str, str]:
        """Files that are made for `layer`, by name: C and assembly to compile, and headers, which the network's code
        includes."""
        return {}

    def pack(self, layer: Layer[OpT]) -> Mapping[str, Packed]:
        """Constants as the kernel reads them, by name; the planner calls this once."""
        return {}

    @abstractmethod
    def descriptor(self, layer: Layer[OpT], parameters: Mapping[str, int], at: Addresses) -> Struct:
        """The argument of `function` for this layer."""

    @abstractmethod
    def files(self) -> tuple[Path | Body, ...]:
        """C and assembly files to compile; headers and include files lie beside them, anywhere."""

    @final
    def runs(self, layer: Layer) -> bool:
        """Whether `layer` is of an operator that this kernel is made for."""
        return isinstance(layer.op, self.operators)

    @final
    def library(self, isa: InstructionSet) -> tuple[Path, ...]:
        """The files to compile for `isa`."""
        return tuple(file.of(isa) if isinstance(file, Body) else file for file in self.files())

    @final
    def portable(self, isa: InstructionSet) -> bool:
        """Whether it has no hand-written loop for `isa`: all of it is C."""
        return not any(path.suffix == ".S" for path in self.library(isa))

    @final
    def include_dirs(self, isa: InstructionSet) -> tuple[Path, ...]:
        """Folders with the headers that `headers` and `library` need."""
        return tuple(dict.fromkeys((COMMON_DIR, *(path.parent for path in self.library(isa)))))


def align(size: int, to: int = 16) -> int:
    """`size` rounded up to a multiple of `to` bytes."""
    return -(-size // to) * to

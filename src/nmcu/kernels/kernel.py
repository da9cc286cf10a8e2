"""What a kernel is to the planner and the code generator."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, final

from typing_extensions import TypeVar

from nmcu.graph import Layer, Op
from nmcu.isa import InstructionSet
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Struct
from nmcu.kernels.costs import Constants, Costs, fitted
from nmcu.kernels.packed import Packed
from nmcu.targets import Link, Role, Target

KERNELS_DIR = Path(__file__).parent
COMMON_DIR = KERNELS_DIR / "common"
NOWHERE = "0"
"""The null pointer: the buffer of an operand that is used where it lies."""
OpT = TypeVar("OpT", bound=Op, default=Any)
"""What a kernel runs; `Kernel` alone is one of any operators."""


@dataclass(frozen=True)
class Machine:
    """What a kernel is chosen for: the target, the instruction set, and what work costs."""

    target: Target
    isa: InstructionSet
    fitted: Costs = field(default_factory=fitted)
    buffer_bytes: int | None = None
    """Compute memory that buffers may take, where the planner knows better than the target's description."""

    def costs(self, kernel: str) -> Constants:
        """Cycles per unit of `kernel`'s work."""
        return self._constants[kernel]

    @cached_property
    def _constants(self) -> Mapping[str, Constants]:
        return self.fitted.of(self.isa)

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

    def staged_bytes(self, size: int) -> int:
        """Size of the buffer for a copy of `size` bytes in the compute memory; 0 where the original is in it."""
        return size if self.staged else 0

    def staging_cycles(self, row_bytes: int, rows: int = 1) -> int:
        """`dma_cycles` of bringing an operand to the compute memory, or a result back; 0 where it is used in place."""
        return self.dma_cycles(row_bytes, rows) if self.staged else 0

    def dma_cycles(self, row_bytes: int, rows: int = 1) -> int:
        """Cycles of one transfer between working and compute memory, from its start to the last byte; 0 for none."""
        if row_bytes == 0 or rows == 0:
            return 0
        engine = self._engine
        if engine is None:
            return rows * (20 + 3 * row_bytes // 4)  # a copy by the core
        return engine.latency_cycles + rows * -(-row_bytes // int(engine.bytes_per_cycle))

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
    """

    kernel: str
    parameters: Mapping[str, int]
    l1: Mapping[str, int]
    cycles: int
    compute_cycles: int
    dma_cycles: int

    @property
    def l1_bytes(self) -> int:
        return sum(align(size) for size in self.l1.values())


@dataclass(frozen=True)
class Addresses:
    """C expressions for where a layer's data lie: activations and constants in L2, buffers in L1.

    A buffer of 0 bytes is `NOWHERE`. A layer that computes only a range of its output's channels writes into a map of
    `output_channels`.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, str]
    l1: Mapping[str, str]
    output_channels: int | None = None

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
    headers: ClassVar[tuple[str, ...]]
    """C headers that declare the descriptor type, `function` and what descriptors name."""
    function: ClassVar[str]
    """`void function(const descriptor *)`, called by all cores."""

    @abstractmethod
    def refusal(self, layer: Layer[OpT], machine: Machine) -> str | None:
        """Why this kernel cannot run `layer` (of one of its operators), or None if it can."""

    @abstractmethod
    def candidates(self, layer: Layer[OpT], machine: Machine) -> Sequence[Candidate]:
        """The tilings worth considering, best first; empty if none fits the compute memory."""

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
    def include_dirs(self, isa: InstructionSet) -> tuple[Path, ...]:
        """Folders with the headers that `headers` and `library` need."""
        return tuple(dict.fromkeys((COMMON_DIR, *(path.parent for path in self.library(isa)))))


def align(size: int, to: int = 16) -> int:
    """`size` rounded up to a multiple of `to` bytes."""
    return -(-size // to) * to

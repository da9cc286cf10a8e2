"""What a kernel is to the planner and the code generator."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from nmcu.graph import Layer, ops
from nmcu.kernels.cdata import Struct
from nmcu.kernels.costs import Constants, Costs, fitted
from nmcu.targets import Target

KERNELS_DIR = Path(__file__).parent


@dataclass(frozen=True)
class Machine:
    """What a kernel is chosen for: the target, the instruction set (`rv32`, `xcv`, `xdec`), and what work costs."""

    target: Target
    isa: str
    fitted: Costs = field(default_factory=fitted)

    def costs(self, kernel: str) -> Constants:
        """Cycles per unit of `kernel`'s work."""
        return self.fitted.of(kernel, self.isa)

    @property
    def cores(self) -> int:
        return self.target.cores

    @property
    def l1_bytes(self) -> int:
        """L1 that buffers may take: all of it but the stacks."""
        return self.target.l1_bytes

    def dma_cycles(self, row_bytes: int, rows: int = 1) -> int:
        """Cycles of one transfer between L2 and L1, from its start to the last byte; 0 for none."""
        if row_bytes == 0 or rows == 0:
            return 0
        engine = self.target.dma.get("l2_l1")
        if engine is None:
            return rows * (20 + 3 * row_bytes // 4)  # a copy by the core
        return engine.latency_cycles + rows * -(-row_bytes // int(engine.bytes_per_cycle))


@dataclass(frozen=True)
class Candidate:
    """One way to run one layer: a kernel with its tiling.

    `parameters` go to the plan and back into `Kernel.descriptor`. `l1` are the buffers it needs, in bytes by name.
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

    A layer that computes only a range of its output's channels writes into a map of `output_channels`.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, str]
    l1: Mapping[str, str]
    output_channels: int | None = None


class Kernel(ABC):
    """One kernel: what it accepts, how it can be tiled, how its constants are packed, what it is called with."""

    name: ClassVar[str]
    """As users see it in tables, plans and `--kernels`."""
    kinds: ClassVar[frozenset[str]]
    """`Layer.kind`s it runs."""
    isas: ClassVar[frozenset[str]] = frozenset({"rv32", "xcv", "xdec"})
    packed: ClassVar[bool] = False
    """Reads packed N:M weights."""
    headers: ClassVar[tuple[str, ...]]
    """C headers that declare the descriptor type, `function` and what descriptors name."""
    function: ClassVar[str]
    """`void function(const descriptor *)`, called by all cores."""

    def runs(self, layer: Layer) -> bool:
        """Whether `layer` is of an operator that this kernel is made for; tables may be called like any operator."""
        return layer.kind in self.kinds and not isinstance(layer.op, ops.Table)

    @abstractmethod
    def refusal(self, layer: Layer, machine: Machine) -> str | None:
        """Why this kernel cannot run `layer` (of one of its kinds), or None if it can."""

    @abstractmethod
    def candidates(self, layer: Layer, machine: Machine) -> Sequence[Candidate]:
        """The tilings worth considering, best first; empty if none fits L1."""

    def constants(self, layer: Layer) -> Mapping[str, bytes]:
        """Constants as the kernel reads them, by name."""
        return {}

    def index_bytes(self, layer: Layer) -> int:
        """Bytes of `constants` that are positions of non-zeros."""
        return 0

    def requant_bytes(self, layer: Layer) -> int:
        """Bytes of `constants` that are bias and requantisation, not weights."""
        return 0

    @abstractmethod
    def descriptor(self, layer: Layer, parameters: Mapping[str, int], at: Addresses) -> Struct:
        """The argument of `function` for this layer."""

    @abstractmethod
    def library(self, isa: str) -> tuple[Path, ...]:
        """C and assembly files to compile for `isa`."""

    def include_dirs(self) -> tuple[Path, ...]:
        """Folders with the headers that `headers` and `library` need."""
        return (KERNELS_DIR / "common",)


def align(size: int, to: int = 16) -> int:
    """`size` rounded up to a multiple of `to` bytes."""
    return -(-size // to) * to


def body(folder: Path, name: str, isa: str) -> Path:
    """The hot loop's file for `isa`: `name.S` on cores with the CORE-V extensions, `name.c` elsewhere."""
    return folder / (f"{name}.c" if isa == "rv32" else f"{name}.S")

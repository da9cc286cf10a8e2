"""All kernels, and the choice they leave for a layer."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from nmcu.graph import Layer
from nmcu.kernels.add.spec import Add
from nmcu.kernels.arg_max.spec import ArgMax
from nmcu.kernels.attention.spec import AttentionScores, AttentionValues
from nmcu.kernels.boxes.constant import Constant
from nmcu.kernels.boxes.spec import Boxes
from nmcu.kernels.byte_gather.spec import ByteGatherG1, ByteGatherG4
from nmcu.kernels.common import window
from nmcu.kernels.dense.spec import Dense4x1, Dense4x2, Dense4x4, DenseFull
from nmcu.kernels.depthwise.spec import Depthwise3x3, DepthwiseAny, DepthwiseLines
from nmcu.kernels.extremum.spec import Extremum
from nmcu.kernels.gather.spec import WordGatherG1, WordGatherG1x8, WordGatherG4
from nmcu.kernels.grouped.spec import Grouped
from nmcu.kernels.kernel import Candidate, Kernel, Machine
from nmcu.kernels.layer_norm.spec import LayerNorm
from nmcu.kernels.log_softmax.spec import LogSoftmax
from nmcu.kernels.mul.spec import Mul
from nmcu.kernels.pool.spec import AveragePool, MaxPool
from nmcu.kernels.published.spec import PublishedConv, PublishedConvXdec, PublishedLinear, PublishedLinearXdec
from nmcu.kernels.resize.spec import Resize
from nmcu.kernels.softmax.spec import Softmax
from nmcu.kernels.table.spec import ChannelTable, Table

KERNELS: tuple[Kernel, ...] = (
    Dense4x4(),
    Dense4x2(),
    Dense4x1(),
    DenseFull(),
    WordGatherG1(),
    WordGatherG1x8(),
    WordGatherG4(),
    ByteGatherG1(),
    ByteGatherG4(),
    PublishedConv(),
    PublishedConvXdec(),
    PublishedLinear(),
    PublishedLinearXdec(),
    Add(),
    MaxPool(),
    AveragePool(),
    Depthwise3x3(),
    DepthwiseLines(),
    DepthwiseAny(),
    Softmax(),
    LayerNorm(),
    AttentionScores(),
    AttentionValues(),
    Table(),
    ChannelTable(),
    Boxes(),
    Constant(),
    Mul(),
    Extremum(),
    LogSoftmax(),
    ArgMax(),
    Resize(),
    Grouped(),
)


def get(name: str) -> Kernel:
    """The kernel called `name`; raises KeyError."""
    return {kernel.name: kernel for kernel in KERNELS}[name]


def candidates(layer: Layer, machine: Machine, names: str = "*") -> Sequence[Candidate]:
    """Every tiling of every kernel matching the glob `names` that can run `layer`, best predicted first."""
    found: list[Candidate] = []
    for kernel in KERNELS:
        if fits(kernel, layer, machine, names) is None:
            found += kernel.candidates(layer, machine)
    return sorted(found, key=lambda c: (c.cycles, c.l1_bytes, c.kernel))


def fits(kernel: Kernel, layer: Layer, machine: Machine, names: str = "*") -> str | None:
    """Why `kernel` is not considered for `layer`, or None if it is."""
    if not kernel.runs(layer):
        return f"runs {', '.join(sorted(kernel.kinds))}"
    if machine.isa not in kernel.isas:
        return f"needs --isa {' or '.join(sorted(kernel.isas))}"
    if not fnmatchcase(kernel.name, names):
        return f"not among --kernels {names}"
    return window.oversized(layer) or kernel.refusal(layer, machine)

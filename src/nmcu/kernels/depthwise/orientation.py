"""How the windows of a depthwise convolution are walked: along rows or columns, line by line of a plane."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.kernels.cdata import Struct
from nmcu.kernels.common import window
from nmcu.kernels.depthwise.layouts import CHANNEL
from nmcu.kernels.kernel import align

Channelwise = ops.Depthwise | ops.Conv2d
"""A convolution of as many groups as channels has some output channels for each."""
PLANE_SLACK_BYTES = 8
"""Bytes behind a plane that the hot loops may touch, where they do not load a window ahead."""

MOST_BEHIND = 4
"""Bytes behind a line that nmcu_planes fills."""


@dataclass(frozen=True)
class Axis:
    """One axis of the windows."""

    kernel: int
    stride: int
    dilation: int
    pad: int
    size: int

    @property
    def span(self) -> int:
        return (self.kernel - 1) * self.dilation + 1

    def extent(self, outputs: int) -> int:
        """Inputs that `outputs` windows touch, padding included."""
        return (outputs - 1) * self.stride + self.span

    def inputs(self, outputs: int) -> int:
        """Those that lie in the map."""
        return min(self.extent(outputs), self.size)

    def descriptor(self) -> Struct:
        """The `nmcu_depthwise_axis_t`."""
        return Struct("nmcu_depthwise_axis_t", asdict(self))


@dataclass(frozen=True)
class Orientation:
    """Lines of the planes are rows of the map, or columns (`vertical`); hot loops compute `block` outputs at a time and
    may load `ahead` windows more than a line has."""

    vertical: bool
    along: Axis
    across: Axis
    block: int
    ahead: int

    @property
    def tap_words(self) -> int:
        """Words that the taps of one line take, gaps of a dilation included."""
        return -(-self.along.span // 4)

    @property
    def words(self) -> int:
        """Words of a window."""
        return self.tap_words * self.across.kernel

    @property
    def channel_bytes(self) -> int:
        return CHANNEL.size + 4 * self.words

    def outputs(self, rows: int, columns: int) -> tuple[int, int]:
        """(outputs of a line, lines) of a tile."""
        return (rows, columns) if self.vertical else (columns, rows)

    def lead(self, outputs: int, row_tiles: int) -> int:
        """Outputs to compute in front of a line so that its inputs lie aligned in the planes, where that is free.

        Only for columns: what is written in front of a row would replace the end of the row before.
        """
        lead = -self.along.pad % 4
        free = self.computed(outputs + lead) == self.computed(outputs)
        return lead if self.vertical and row_tiles == 1 and self.along.stride == 1 and free else 0

    def computed(self, outputs: int) -> int:
        """Outputs that a line takes: those behind its end in the last block are written too."""
        return align(outputs, self.block)

    def line_bytes(self, outputs: int, row_tiles: int) -> int:
        return align(self.along.extent(outputs) + self.lead(outputs, row_tiles), 4)

    def plane_bytes(self, tiling: window.Tiling, row_tiles: int, columns: int, parts: int) -> int:
        """Of one channel's lines in one part of a tile."""
        outputs, lines = self.outputs(tiling.rows, columns)
        slack = align(self.ahead * self.along.stride, 4) + PLANE_SLACK_BYTES
        return self.across.extent(-(-lines // parts)) * self.line_bytes(outputs, row_tiles) + slack

    def planes_cycles(self, outputs: int, row_tiles: int) -> Mapping[str, float]:
        """Cycles of the instructions that turn a line of four channels into planes (planes.S), by instruction set."""
        inputs = self.along.inputs(outputs)
        aligned = (self.along.pad + self.lead(outputs, row_tiles)) % 4 == 0
        block, last = (18, 22) if aligned else (22, 30)
        return {"xcv": (inputs - 1) // 4 * block + last + 3, "rv32": 11 * inputs + 22}

    def pad_words(self, outputs: int, lines: int, row_tiles: int) -> int:
        """Words of padding in four planes: lines above or below the map; all words where nmcu_planes leaves padding
        between the lines alone."""
        line, extent = self.line_bytes(outputs, row_tiles), self.across.extent(lines)
        between = line - self.along.inputs(outputs) <= MOST_BEHIND
        return line * (extent - self.across.inputs(lines) if between else extent)

    def max_parts(self, rows: int, columns: int) -> int:
        """Parts that a tile may be cut into; what is written behind a row would race with the next row's core."""
        return 1 if not self.vertical and columns % self.block else self.outputs(rows, columns)[1]

    def output_step_bytes(self, columns: int, channels: int) -> int:
        """From an output of a line to the next."""
        return channels * (columns if self.vertical else 1)

    def work(self, rows: int, columns: int) -> int:
        """Words of all windows of a map: what to compare orientations by."""
        outputs, lines = self.outputs(rows, columns)
        return self.computed(outputs) * lines * self.words


def orientations(layer: Layer[Channelwise], block: int, ahead: int) -> Iterator[Orientation]:
    """Both ways to walk, for a hot loop of `block` outputs that loads `ahead` windows behind a line."""
    op = layer.op
    kernel = taps(layer).shape
    _, height, width, _ = layer.inputs[0].shape
    rows = Axis(kernel[0], op.strides[0], op.dilations[0], op.pads[0], height)
    columns = Axis(kernel[1], op.strides[1], op.dilations[1], op.pads[1], width)
    yield Orientation(vertical=True, along=rows, across=columns, block=block, ahead=ahead)
    yield Orientation(vertical=False, along=columns, across=rows, block=block, ahead=ahead)


def taps(layer: Layer[Channelwise]) -> NDArray[np.int8]:
    """(KH, KW, output channels)."""
    weight = layer.constants["weight"]
    return weight[..., 0].transpose(1, 2, 0) if isinstance(layer.op, ops.Conv2d) else weight

"""Python side of window.h: geometry of a windowed layer, its tiles, and how long the pipeline takes for them."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.costs import PIPELINE
from nmcu.kernels.kernel import KERNELS_DIR, NOWHERE, Addresses, Kernel, Machine, OpT, align

SOURCES = (KERNELS_DIR / "common" / "pipeline.c", KERNELS_DIR / "common" / "window.c")

Affine = ops.Conv2d | ops.Linear
WINDOWED = (ops.Linear, ops.Conv2d, ops.Depthwise, ops.AveragePool, ops.MaxPool)
MOST = 2**16 - 1
"""Of rows, columns or channels in a descriptor."""
BEHIND = 16
"""Bytes after a slab that a kernel may read (and multiplies by zero)."""


@dataclass(frozen=True)
class Geometry:
    """Sizes of one windowed layer. Maps are (height, width, channels), windows (height, width)."""

    input: tuple[int, int, int]
    output: tuple[int, int, int]
    kernel: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)
    pad_top: int = 0
    pad_left: int = 0
    pad_value: int = 0
    channelwise: bool = False
    """A slab holds the channels of its tile only, and no padding left and right: its rows are rows of the map."""
    pitch: int = 0
    """Channels of the map that the output is a range of channels of; 0 where it is all of them."""

    @cached_property
    def slab_width(self) -> int:
        """Pixels of a slab row: what the windows of an output row touch."""
        if self.channelwise:
            return self.input[1]
        return (self.output[1] - 1) * self.strides[1] + (self.kernel[1] - 1) * self.dilations[1] + 1

    @property
    def flat(self) -> bool:
        """Consecutive output pixels are consecutive slab pixels, over row ends."""
        return self.kernel == (1, 1) and self.strides == (1, 1) and self.slab_width == self.output[1]

    def slab_rows(self, rows: int) -> int:
        """Slab rows for `rows` output rows."""
        return (rows - 1) * self.strides[0] + (self.kernel[0] - 1) * self.dilations[0] + 1

    def reads_in_place(self, tiling: "Tiling") -> bool:
        """Whether the map can take the place of the slabs: their rows are rows of the map, with no padding that is
        read (channelwise kernels leave it out)."""
        if self.channelwise:
            return tiling.channels >= self.input[2]
        inside = self.slab_width <= self.input[1] and self.slab_rows(self.output[0]) <= self.input[0]
        return inside and self.pad_top == 0 and self.pad_left == 0

    def writes_in_place(self, tiling: "Tiling") -> bool:
        """Whether the map can take the place of the output tiles: they hold all its channels."""
        return tiling.channels >= self.output[2] and self.pitch in (0, self.output[2])

    def slab_bytes(self, rows: int, channels: int) -> int:
        """Bytes of the slab of a tile of `rows` x `channels` outputs."""
        depth = channels if self.channelwise else self.input[2]
        return self.slab_rows(rows) * self.slab_width * depth + BEHIND


@dataclass(frozen=True)
class Tiling:
    """Tiles of `rows` output rows by `channels` output channels; the innermost loop runs over rows or channels."""

    rows: int
    channels: int
    rows_innermost: bool

    def parameters(self) -> dict[str, int]:
        return {"rows": self.rows, "channels": self.channels, "rows_innermost": int(self.rows_innermost)}

    @staticmethod
    def from_parameters(parameters: Mapping[str, int]) -> "Tiling":
        return Tiling(parameters["rows"], parameters["channels"], bool(parameters["rows_innermost"]))


class WindowKernel(Kernel[OpT]):
    """A kernel of weighted layers with the tile pipeline: how long the work takes, by the costs of its units."""

    @abstractmethod
    def tile_cycles(
        self, layer: Layer[OpT], geometry: Geometry, machine: Machine, rows: int, channels: int
    ) -> float:
        """Predicted cycles of the work on one tile; linear in `machine.costs(self.name)`, which are fitted."""

    def slab_cycles(self, geometry: Geometry, machine: Machine, rows: int) -> float:
        """Predicted cycles of what a new slab takes in addition; linear in the costs too."""
        return 0


def oversized(layer: Layer) -> str | None:
    """Why a windowed layer is too large for the descriptors of all kernels, or None."""
    if not isinstance(layer.op, WINDOWED):
        return None
    found = geometry(layer)
    largest = max(*found.input, *found.output, found.slab_width)
    return f"{largest:,} rows, columns or channels; at most {MOST:,}" if largest > MOST else None


def geometry(layer: Layer, channelwise: bool = False) -> Geometry:
    """The geometry of a convolution, depthwise, pooling or fully-connected layer (t tokens: t rows, one column)."""
    op, (x, y) = layer.op, (layer.inputs[0].shape, layer.outputs[0].shape)
    pitch = (layer.whole or layer).outputs[0].shape[-1]
    if isinstance(op, ops.Linear):
        return Geometry((math.prod(x[:-1]), 1, x[-1]), (math.prod(y[:-1]), 1, y[-1]), pitch=pitch)
    if isinstance(op, ops.Conv2d | ops.Depthwise):
        weight = layer.constants["weight"].shape
        return Geometry(
            input=(x[1], x[2], x[3]),
            output=(y[1], y[2], y[3]),
            kernel=(weight[1], weight[2]) if isinstance(op, ops.Conv2d) else (weight[0], weight[1]),
            strides=(op.strides[0], op.strides[1]),
            dilations=(op.dilations[0], op.dilations[1]),
            pad_top=op.pads[0],
            pad_left=op.pads[1],
            pad_value=op.input_zero_point,
            channelwise=channelwise,
            pitch=pitch,
        )
    if isinstance(op, ops.AveragePool | ops.MaxPool):
        return Geometry(
            input=(x[1], x[2], x[3]),
            output=(y[1], y[2], y[3]),
            kernel=(op.kernel[0], op.kernel[1]),
            strides=(op.strides[0], op.strides[1]),
            pad_top=op.pads[0],
            pad_left=op.pads[1],
            pad_value=-128 if isinstance(op, ops.MaxPool) else 0,
            channelwise=channelwise,
        )
    raise TypeError(f"{layer.kind} is not a windowed operator")


def buffers(
    geometry: Geometry, machine: Machine, tiling: Tiling, channel_bytes: int = 0, beside: int = 0
) -> dict[str, int]:
    """Buffers of a tiling in bytes by name: slabs, output tiles and, with `channel_bytes` for each output channel,
    constants. A second buffer of a kind is there only where it alternates with the first.

    The kernel may write `beside` bytes around its output tile. What is used in place has a buffer of 0 bytes.
    """
    row_tiles, channel_tiles = tile_counts(geometry, tiling)
    tiles = row_tiles * channel_tiles
    slabs = tiles if geometry.channelwise else row_tiles
    slab = geometry.slab_bytes(tiling.rows, tiling.channels)
    output = tiling.rows * geometry.output[1] * tiling.channels + beside
    if not machine.staged:
        slab = 0 if geometry.reads_in_place(tiling) else slab
        output = 0 if beside == 0 and geometry.writes_in_place(tiling) else output
    sizes = {"slab0": slab, "out0": output}
    if slabs > 1:
        sizes["slab1"] = slab
    if tiles > 1:
        sizes["out1"] = output
    if channel_bytes:
        sizes["constants0"] = machine.staged_bytes(tiling.channels * channel_bytes)
        if channel_tiles > 1:
            sizes["constants1"] = sizes["constants0"]
    return sizes


def tile_counts(geometry: Geometry, tiling: Tiling) -> tuple[int, int]:
    """Number of row tiles and of channel tiles."""
    return -(-geometry.output[0] // tiling.rows), -(-geometry.output[2] // tiling.channels)


def tilings(
    geometry: Geometry, machine: Machine, channel_step: int, channel_bytes: int, extra: int = 0
) -> Iterator[Tiling]:
    """Tilings whose buffers and `extra` bytes fit L1: for every number of channel tiles the largest row tiles that fit,
    and some smaller ones (they expose less of the first load and the last store)."""
    height, _, channels = geometry.output
    for step in _divisions(-(-channels // channel_step)):
        tile_channels = min(step * channel_step, -(-channels // channel_step) * channel_step)
        for rows in _divisions(height):
            for rows_innermost in (False, True):
                tiling = Tiling(rows, tile_channels, rows_innermost)
                if fits(geometry, machine, tiling, channel_bytes, extra):
                    yield tiling
                if 1 in tile_counts(geometry, tiling):
                    break  # both orders are the same


def fits(geometry: Geometry, machine: Machine, tiling: Tiling, channel_bytes: int, extra: int = 0) -> bool:
    """True if the tiling's buffers and `extra` bytes fit L1."""
    needed = sum(align(size) for size in buffers(geometry, machine, tiling, channel_bytes).values())
    return needed + extra <= machine.l1_bytes


def _divisions(count: int) -> list[int]:
    """Tile sizes that split `count` into 1, 2, 3, ... about equal tiles, largest first, at most 24 of them."""
    sizes = sorted({-(-count // tiles) for tiles in range(1, count + 1)}, reverse=True)
    return (
        sizes
        if len(sizes) <= 24
        else [*sizes[:16], *sizes[16 : -1 : max(1, (len(sizes) - 17) // 7)], sizes[-1]]
    )


def pipeline_cycles(
    geometry: Geometry,
    machine: Machine,
    tiling: Tiling,
    channel_bytes: int,
    compute: Callable[[int, int], float],
    prepare: Callable[[int], float] | None = None,
) -> tuple[int, int, int]:
    """(cycles of the layer, of compute alone, of all transfers) when loads and stores overlap with the compute of
    other tiles (pipeline.c). `compute(rows, channels)` gives the cycles of one tile, `prepare(rows)` what each
    new slab takes in addition."""
    height, width, depth = geometry.output
    row_tiles, channel_tiles = tile_counts(geometry, tiling)
    tile = np.arange(row_tiles * channel_tiles)
    inner = row_tiles if tiling.rows_innermost else channel_tiles
    outer_index, inner_index = np.divmod(tile, inner)
    row, channel = (inner_index, outer_index) if tiling.rows_innermost else (outer_index, inner_index)
    fresh_inner, fresh_outer = (tile == 0) | (inner > 1), inner_index == 0
    fresh_row, fresh_channel = (
        (fresh_inner, fresh_outer) if tiling.rows_innermost else (fresh_outer, fresh_inner)
    )
    fresh_slab = fresh_row | geometry.channelwise
    is_last = (row == row_tiles - 1).astype(int), (channel == channel_tiles - 1).astype(int)

    def of_tiles(value: Callable[[int, int], float]) -> NDArray[np.float64]:
        """`value(rows, channels)` of every tile; only the last tiles of a row or column differ from the others."""
        rows = tiling.rows, height - (row_tiles - 1) * tiling.rows
        channels = tiling.channels, depth - (channel_tiles - 1) * tiling.channels
        table = np.array([[value(r, c) for c in channels] for r in rows], np.float64)
        values: NDArray[np.float64] = table[is_last]
        return values

    def slab(rows: int, channels: int) -> int:
        slab_depth = channels if geometry.channelwise else geometry.input[2]
        pixels = min(geometry.slab_width, geometry.input[1])
        slab_rows = min(geometry.slab_rows(rows), geometry.input[0])
        if slab_depth < geometry.input[2]:
            return machine.dma_cycles(slab_depth, slab_rows * pixels)
        if geometry.slab_width == geometry.input[1]:
            return machine.dma_cycles(slab_rows * pixels * slab_depth)
        return machine.dma_cycles(pixels * slab_depth, slab_rows)

    def store(rows: int, channels: int) -> int:
        if channels == depth:
            return machine.dma_cycles(rows * width * channels)
        return machine.dma_cycles(channels, rows * width)

    loads = of_tiles(slab) * fresh_slab
    loads += of_tiles(lambda rows, channels: machine.staging_cycles(channels * channel_bytes)) * fresh_channel
    stores = of_tiles(store)
    work = of_tiles(compute)
    if prepare is not None:
        work += of_tiles(lambda rows, channels: prepare(rows)) * fresh_slab
    if not machine.staged:  # the cores copy what is not used in place
        work += 0 if geometry.reads_in_place(tiling) else loads / machine.cores
        work += 0 if geometry.writes_in_place(tiling) else stores
        loads, stores = loads * 0, stores * 0
    transfers = np.zeros(len(tile))
    transfers[:-1] += loads[1:]
    transfers[1:] += stores[:-1]
    overhead = machine.costs(PIPELINE)
    total = overhead["layer"] + loads[0] + stores[-1]
    if machine.overlaps:
        total += np.maximum(work, transfers * overhead["contention"]).sum()
    else:
        total += (work + transfers).sum()
    total += len(tile) * overhead["tile"]
    return int(total), int(work.sum()), int(loads.sum() + stores.sum())


def descriptor(geometry: Geometry, tiling: Tiling, at: Addresses) -> Struct:
    """The `nmcu_window_t` of a layer."""
    row_tiles, channel_tiles = tile_counts(geometry, tiling)
    return Struct(
        "nmcu_window_t",
        {
            "input": Expr(at.inputs[0]),
            "output": Expr(at.outputs[0]),
            "in_height": geometry.input[0],
            "in_width": geometry.input[1],
            "in_channels": geometry.input[2],
            "out_height": geometry.output[0],
            "out_width": geometry.output[1],
            "out_channels": geometry.output[2],
            "out_pitch": at.output_channels or geometry.output[2],
            "kernel_height": geometry.kernel[0],
            "kernel_width": geometry.kernel[1],
            "stride_height": geometry.strides[0],
            "stride_width": geometry.strides[1],
            "dilation_height": geometry.dilations[0],
            "dilation_width": geometry.dilations[1],
            "pad_top": geometry.pad_top,
            "pad_left": 0 if geometry.channelwise else geometry.pad_left,
            "slab_width": geometry.input[1] if at.l1["slab0"] == NOWHERE else geometry.slab_width,
            "tile_rows": tiling.rows,
            "row_tiles": row_tiles,
            "tile_channels": tiling.channels,
            "channel_tiles": channel_tiles,
            "channelwise": int(geometry.channelwise),
            "rows_innermost": int(tiling.rows_innermost),
            "pad_value": geometry.pad_value,
            "slab": pair(at, "slab"),
            "out_tile": pair(at, "out"),
        },
    )


def pair(at: Addresses, name: str) -> tuple[Expr, Expr]:
    """The two alternating L1 buffers `name`, the same twice where one is enough."""
    first = at.l1[f"{name}0"]
    return Expr(first), Expr(at.l1.get(f"{name}1", first))

"""Python side of window.h: geometry of a windowed layer, its tiles, and how long the pipeline takes for them."""

import math
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.graph.requant import SUMS, Requantised
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize
from nmcu.kernels.common.layer import FETCH_CYCLES
from nmcu.kernels.costs import PIPELINE
from nmcu.kernels.kernel import (
    CONSTANTS,
    INPUTS,
    KERNELS_DIR,
    NOWHERE,
    OUTPUT,
    Addresses,
    Kernel,
    Machine,
    OpT,
    align,
)

SOURCES = (KERNELS_DIR / "common" / "pipeline.c", KERNELS_DIR / "common" / "window.c")

Affine = ops.Conv2d | ops.Linear
WINDOWED = (ops.Linear, ops.Conv2d, ops.Depthwise, ops.AveragePool, ops.MaxPool)
MOST = 2**16 - 1
"""Of rows, columns or channels in a descriptor."""
BOUNDED_BLOCK = 16
"""Of a pattern: in blocks of whole words up to this long every distance between entries fits its byte."""
BEHIND = 16
"""Bytes after a slab that a kernel may read (and multiplies by zero)."""
NEAR_SAVES_CYCLES = {INPUTS[0]: 100, INPUTS[1]: 0, OUTPUT: 150, CONSTANTS: FETCH_CYCLES}
"""What a layer's fixed overhead is less by where an operand need not be moved, beside the transfer itself; measured on
the layers of MobileNetV1 and DS-CNN on cluster8."""


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
    depth: int = 0
    """Channels of a window: of the map, or of one of its groups; 0 where they are the output's."""
    pitch: int = 0
    """Channels of the map that the output is a range of channels of; 0 where it is all of them."""
    residual: bool = False
    """Whether a map of the output's size is added to it."""

    @cached_property
    def slab_width(self) -> int:
        """Pixels of a slab row: what the windows of an output row touch."""
        if self.channelwise:
            return self.input[1]
        return (self.output[1] - 1) * self.strides[1] + (self.kernel[1] - 1) * self.dilations[1] + 1

    @property
    def multiplier(self) -> int:
        """Of a channelwise layer: output channels for each channel of the map."""
        return max(1, self.output[2] // self.input[2]) if self.channelwise else 1

    def slab_channels(self, channels: int) -> int:
        """Channels of the slab of a tile with so many output channels."""
        return channels // self.multiplier if self.channelwise else self.input[2]

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
            return tiling.channels >= self.output[2]
        inside = self.slab_width <= self.input[1] and self.slab_rows(self.output[0]) <= self.input[0]
        return inside and self.pad_top == 0 and self.pad_left == 0

    def writes_in_place(self, tiling: "Tiling") -> bool:
        """Whether the map can take the place of the output tiles: they hold all its channels."""
        return tiling.channels >= self.output[2] and self.pitch in (0, self.output[2])

    def slab_bytes(self, rows: int, channels: int) -> int:
        """Bytes of the slab of a tile of `rows` x `channels` outputs."""
        return self.slab_rows(rows) * self.slab_width * self.slab_channels(channels) + BEHIND


@dataclass(frozen=True)
class Tiling:
    """Tiles of `rows` output rows by `channels` output channels; the innermost loop runs over rows or channels.

    `copied`: a tile's constants are copied to the compute memory although they could be read in place, from a slower
    one."""

    rows: int
    channels: int
    rows_innermost: bool
    copied: bool = False

    def parameters(self) -> dict[str, int]:
        found = {"rows": self.rows, "channels": self.channels, "rows_innermost": int(self.rows_innermost)}
        return found | {"copied": 1} if self.copied else found

    @staticmethod
    def from_parameters(parameters: Mapping[str, int]) -> "Tiling":
        return Tiling(
            parameters["rows"],
            parameters["channels"],
            bool(parameters["rows_innermost"]),
            bool(parameters.get("copied", 0)),
        )


class WindowKernel(Kernel[OpT]):
    """A kernel of weighted layers with the tile pipeline: how long the work takes, by the costs of its units."""

    @abstractmethod
    def tile_cycles(
        self, layer: Layer[OpT], geometry: Geometry, machine: Machine, rows: int, channels: int
    ) -> float:
        """Predicted cycles of the work on one tile; linear in `machine.costs(self.name)`, which are fitted."""

    def likeness(self, layer: Layer[OpT]) -> Hashable:
        return likeness(layer)

    def slab_cycles(self, geometry: Geometry, machine: Machine, rows: int) -> float:
        """Predicted cycles of what a new slab takes in addition; linear in the costs too."""
        return 0


def likeness(layer: Layer) -> Hashable:
    """Of layers with weights: what their tilings depend on. Zero points, scales and the values of weights do not count,
    except where weights are packed by positions that no pattern bounds: those are like no others."""
    support, op = layer.support, layer.op
    if support is not None:
        pattern = support.pattern
        if pattern is None or pattern.m > BOUNDED_BLOCK or pattern.m % 4:
            return layer
    assert isinstance(op, Requantised)
    wide = requantize.wide_channels(layer) if op.form != SUMS else 0.0
    sparsity = support and (support.pattern, support.group)
    return type(op), replace(geometry(layer), pad_value=0), op.form, wide, sparsity, layer.pattern


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
        return Geometry(
            (math.prod(x[:-1]), 1, x[-1]), (math.prod(y[:-1]), 1, y[-1]), depth=x[-1], pitch=pitch
        )
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
            depth=weight[3] if isinstance(op, ops.Conv2d) else 1,
            pitch=pitch,
            residual=isinstance(op, ops.ConvAdd),
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
    geometry: Geometry,
    machine: Machine,
    tiling: Tiling,
    channel_bytes: int = 0,
    beside: int = 0,
    ahead: int = 0,
) -> dict[str, int]:
    """Buffers of a tiling in bytes by name: slabs, output tiles, residuals and, with `channel_bytes` for each output
    channel, constants. A second buffer of a kind is there only where it alternates with the first.

    The kernel may write `beside` bytes around its output tile, read as many around residuals, and `ahead` bytes behind
    a slab. What is used in place has a buffer of 0 bytes.
    """
    row_tiles, channel_tiles = tile_counts(geometry, tiling)
    tiles = row_tiles * channel_tiles
    slabs = tiles if geometry.channelwise else row_tiles
    slab = geometry.slab_bytes(tiling.rows, tiling.channels)
    output = tiling.rows * geometry.output[1] * tiling.channels + beside
    if machine.lies_near(INPUTS[0]) and geometry.reads_in_place(tiling):
        slab = 0
    if machine.lies_near(OUTPUT) and geometry.writes_in_place(tiling) and (machine.staged or beside == 0):
        output = 0
    slab += ahead if slab else 0
    sizes = {"slab0": slab, "out0": output}
    if slabs > 1:
        sizes["slab1"] = slab
    if tiles > 1:
        sizes["out1"] = output
    if geometry.residual:
        residual = tiling.rows * geometry.output[1] * tiling.channels + beside
        if (
            machine.lies_near(INPUTS[1])
            and geometry.writes_in_place(tiling)
            and (machine.staged or beside == 0)
        ):
            residual = 0
        sizes |= dict.fromkeys(("residual0", "residual1")[: min(tiles, 2)], residual)
    if channel_bytes:
        constants = tiling.channels * channel_bytes
        sizes["constants0"] = constants if tiling.copied else machine.staged_bytes(constants, CONSTANTS)
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
    and some smaller ones (they expose less of the first load and the last store). Where the machine has one already,
    that one alone. Constants are copied from a slow memory, or read there by one tile for all channels."""
    if machine.tiling is not None:
        yield Tiling.from_parameters(machine.tiling)
        return
    height, _, channels = geometry.output
    copies = places(machine, channel_bytes)
    for step in _divisions(-(-channels // channel_step)):
        tile_channels = min(step * channel_step, -(-channels // channel_step) * channel_step)
        for rows in _divisions(height):
            for rows_innermost in (False, True):
                for copied in copies if tile_channels >= channels else copies[:1]:
                    tiling = Tiling(rows, tile_channels, rows_innermost, copied)
                    if fits(geometry, machine, tiling, channel_bytes, extra):
                        yield tiling
                if 1 in tile_counts(geometry, tiling):
                    break  # both orders are the same


def fits(geometry: Geometry, machine: Machine, tiling: Tiling, channel_bytes: int, extra: int = 0) -> bool:
    """True if the tiling's buffers and `extra` bytes fit L1, and no DMA need copy what lies there already."""
    maps = (OUTPUT, INPUTS[1]) if geometry.residual else (OUTPUT,)
    if machine.staged and any(map(machine.lies_near, maps)) and not geometry.writes_in_place(tiling):
        return False
    in_place = not geometry.channelwise or geometry.reads_in_place(tiling)
    if machine.staged and machine.lies_near(INPUTS[0]) and not in_place:
        return False
    needed = sum(align(size) for size in buffers(geometry, machine, tiling, channel_bytes).values())
    return needed + extra <= machine.l1_bytes


def places(machine: Machine, channel_bytes: int) -> tuple[bool, ...]:
    """Whether constants of `channel_bytes` are `Tiling.copied`: what there is to choose from."""
    return (True, False) if channel_bytes and machine.slow_constants else (False,)


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

    def slab_copy(rows: int, channels: int) -> tuple[int, int]:
        """(bytes of a row, rows) of the copy that fills a slab."""
        slab_depth = geometry.slab_channels(channels)
        pixels = min(geometry.slab_width, geometry.input[1])
        slab_rows = min(geometry.slab_rows(rows), geometry.input[0])
        if slab_depth < geometry.input[2]:
            return slab_depth, slab_rows * pixels
        if geometry.slab_width == geometry.input[1]:
            return slab_rows * pixels * slab_depth, 1
        return pixels * slab_depth, slab_rows

    def slab(rows: int, channels: int) -> int:
        return machine.dma_cycles(*slab_copy(rows, channels))

    def copy(rows: int, channels: int) -> float:
        return machine.copy_cycles(*slab_copy(rows, channels))

    def weights(rows: int, channels: int) -> int:
        return machine.constants_cycles(channels * channel_bytes, tiling.copied)

    def store(rows: int, channels: int) -> int:
        if channels == depth:
            return machine.dma_cycles(rows * width * channels)
        return machine.dma_cycles(channels, rows * width)

    loads, stores = of_tiles(slab) * fresh_slab, of_tiles(store)
    constants = of_tiles(weights) * fresh_channel
    residuals = stores * geometry.residual
    work = of_tiles(compute)
    if prepare is not None:
        work += of_tiles(lambda rows, channels: prepare(rows)) * fresh_slab
    if machine.lies_near(INPUTS[0]):  # the cores copy what is not used in place
        work += 0 if geometry.reads_in_place(tiling) else of_tiles(copy) * fresh_slab
        loads *= 0
    if machine.lies_near(OUTPUT):
        work += 0 if geometry.writes_in_place(tiling) else stores
        stores *= 0
    if machine.lies_near(INPUTS[1]):
        work += 0 if geometry.writes_in_place(tiling) else residuals
        residuals *= 0
    loads += residuals
    if machine.staged:
        loads += constants
    else:
        work += constants
    transfers = np.zeros(len(tile))
    transfers[:-1] += loads[1:]
    transfers[1:] += stores[:-1]
    overhead = machine.costs(PIPELINE)
    total = overhead["layer"] + loads[0] + stores[-1] - sum(NEAR_SAVES_CYCLES[x] for x in machine.near)
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
            "channelwise": geometry.multiplier if geometry.channelwise else 0,
            "rows_innermost": int(tiling.rows_innermost),
            "pad_value": geometry.pad_value,
            "near": int(at.lies_near(INPUTS[0])),
            "slab": pair(at, "slab"),
            "out_tile": pair(at, "out"),
        },
    )


def pair(at: Addresses, name: str) -> tuple[Expr, Expr]:
    """The two alternating L1 buffers `name`, the same twice where one is enough."""
    first = at.l1[f"{name}0"]
    return Expr(first), Expr(at.l1.get(f"{name}1", first))

"""Dense convolution and fully-connected kernels: one driver (conv.c), block functions of 4, 2 or 1 pixels."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, Op, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import epilogue, requantize, weighted, window
from nmcu.kernels.common.layer import LAYER_BYTES
from nmcu.kernels.common.layouts import CHANNELS4
from nmcu.kernels.conv.layouts import GROUP4
from nmcu.kernels.dense.split import split, split_share
from nmcu.kernels.kernel import KERNELS_DIR, NOWHERE, Addresses, Candidate, Machine, align
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
_CHANNELS = ("bias", "multiplier", "round", "shift")
CONV = (KERNELS_DIR / "conv" / "conv.c", body(KERNELS_DIR / "conv", "copy_windows"))
MAX_SEGMENTS = 64
GROUP_CYCLES = 150
"""Of the call for a group of a grouped convolution."""
SPILLED_CYCLES = 35
"""Of a pixel's residuals in a last group of less than four channels, which are copied."""
SINGLE_STEP = 9
"""Of a word of a tile's last pixel where it is a block of its own."""
SPLIT_CYCLES = 32
"""Of the sixteen results of a block whose products are split, against the narrow form."""
COPIED_BYTES = 2048
"""About as much of copied windows a core has at a time."""


class Dense(window.WindowKernel[window.Affine]):
    """Four output channels by `pixels` pixels; a step is one word of the reduction axis of all of them."""

    near = True
    operators: ClassVar[tuple[type[Op], ...]] = (ops.Conv2d, ops.Linear)
    sieved = True
    headers: ClassVar[tuple[str, ...]] = ("conv.h", "dense.h")
    function: ClassVar[str] = "nmcu_conv_run"
    block: ClassVar[str]
    """The block function."""
    pixels: ClassVar[int]
    head: ClassVar[int] = CHANNELS4.size
    """Bytes that a group of four channels begins with."""
    copies: ClassVar[bool] = False
    """Whether each core copies the windows of some blocks of pixels to words first."""

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        if (channels := self._group_channels(layer)) % 4 and channels != layer.outputs[0].shape[-1]:
            return f"groups of {channels} output channels, which is no multiple of 4"
        if self.segments(window.geometry(layer))[0] > MAX_SEGMENTS:
            return f"a window of more than {MAX_SEGMENTS} runs of contiguous input"
        return None

    def candidates(self, layer: Layer[window.Affine], machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        channel_bytes = self.group_bytes(geometry) // 4
        own = {"layer": machine.staged_bytes(LAYER_BYTES)} | self.windows(geometry, machine)
        own |= epilogue.table_buffer(layer, machine)
        behind = (self.pixels - 1) * (machine.staged and self._whole_blocks(geometry))
        ahead = 0 if self.copies else behind * geometry.input[2]
        extra = (
            sum(align(size) for size in own.values())
            + 2 * align(behind * geometry.output[2])
            + 2 * align(ahead)
        )
        found = []
        for tiling in window.tilings(geometry, machine, 4, channel_bytes, extra):
            at = machine.where(tiling.copied)
            cycles, compute, dma = window.pipeline_cycles(
                geometry,
                at,
                tiling,
                channel_bytes,
                lambda rows, channels: self.tile_cycles(layer, geometry, at, rows, channels),  # noqa: B023
            )
            beside = behind * tiling.channels
            buffers = window.buffers(geometry, machine, tiling, channel_bytes, beside, ahead) | own
            room = 0, max(beside, ahead + window.BEHIND)
            found.append(Candidate(self.name, tiling.parameters(), buffers, cycles, compute, dma, room))
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def _whole_blocks(self, geometry: window.Geometry) -> bool:
        """Whether the last block of a tile that has buffers of its own computes pixels that do not exist, from room
        behind its slab and into room behind its outputs: where pixels follow one another over row ends."""
        return (geometry.flat or self.copies) and geometry.depth == geometry.input[2]

    def tile_cycles(
        self,
        layer: Layer[window.Affine],
        geometry: window.Geometry,
        machine: Machine,
        rows: int,
        channels: int,
    ) -> float:
        segments, words = self.segments(geometry)
        cost = machine.costs(self.name)
        step = cost["step"] + (cost["misaligned"] if geometry.input[2] % 4 and not self.copies else 0)
        item = cost["item"] + self.rescaling_cycles(layer, machine)
        item += 4 * self.pixels * epilogue.cycles(self, layer, machine)
        width = geometry.output[1]
        lines, width = (1, rows * width) if geometry.flat or self.copies else (rows, width)
        blocks, groups = -(-width // self.pixels), -(-channels // 4)
        share = -(-lines * blocks * groups // machine.cores)
        cycles = share * (segments * (words * step + cost["segment"]) + item) + cost["tile"]
        cycles -= self.singles(geometry, machine, lines * width, groups) * words * (step - SINGLE_STEP)
        if geometry.residual and channels % 4:
            cycles += SPILLED_CYCLES * -(-lines * width // machine.cores)
        calls = -(-share // (blocks * groups)) * (1 if width % self.pixels == 0 else 2)
        if geometry.depth != geometry.input[2]:
            together = max(1, min(groups, self._group_channels(layer) // 4))
            return cycles + share / together * (GROUP_CYCLES + together * cost["group"])
        if self.copies:
            runs, run_words = geometry.kernel[0], -(-geometry.kernel[1] * geometry.input[2] // 4)
            copied = -(-share // groups)
            cycles += copied * self.pixels * runs * (run_words * cost["word"] + cost["copy"])
            calls += copied // self.copied_blocks(geometry)
        return cycles + calls * (cost["run"] + min(groups, share) * cost["group"])

    def singles(self, geometry: window.Geometry, machine: Machine, pixels: int, groups: int) -> int:
        """Blocks of one pixel in each core's share of a tile, where they shorten it."""
        return 0

    def rescaling_cycles(self, layer: Layer[window.Affine], machine: Machine) -> float:
        """What the results of a block take more than in the narrow form."""
        return machine.costs(self.name)["wide"] * requantize.wide_share(layer, self.pixels)

    def _group_channels(self, layer: Layer[window.Affine]) -> int:
        """Output channels that read the same input channels."""
        groups = layer.op.groups if isinstance(layer.op, ops.Conv2d) else 1
        return int(layer.constants["weight"].shape[0]) // groups

    def heads(self, layer: Layer[window.Affine], groups: int) -> NDArray[np.uint8]:
        """(groups, head): what groups begin with."""
        return CHANNELS4.pack(_by_group(requantize.channel_constants(layer), _CHANNELS, groups))

    def segments(self, geometry: window.Geometry) -> tuple[int, int]:
        """(runs of contiguous bytes in a window as it is read, words in a run)."""
        height, width = geometry.kernel
        if geometry.depth == geometry.input[2] and (geometry.dilations[1] == 1 or width == 1):
            return height, -(-width * geometry.depth // 4)
        return height * width, -(-geometry.depth // 4)

    def group_bytes(self, geometry: window.Geometry) -> int:
        """Constants of four output channels."""
        segments, words = self.segments(geometry)
        return self.head + 16 * segments * words

    def copied_blocks(self, geometry: window.Geometry) -> int:
        """Blocks of pixels whose windows a core copies at a time."""
        return 0

    def windows(self, geometry: window.Geometry, machine: Machine) -> dict[str, int]:
        """The buffer for copies of windows."""
        return {}

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: for every four channels an nmcu_channels4_t and their weights, a word of each in turn."""
        geometry = window.geometry(layer)
        segments, words = self.segments(geometry)
        weight = layer.constants["weight"]
        cout = weight.shape[0]
        groups = -(-cout // 4)
        rows = np.zeros((4 * groups, segments, 4 * words), np.int8)
        flat = weight.reshape(cout, segments, -1)
        rows[:cout, :, : flat.shape[2]] = flat
        per_group = rows.reshape(groups, 4, segments * words, 4).transpose(0, 2, 1, 3).reshape(groups, -1)
        heads = self.heads(layer, groups)
        packed = np.concatenate([heads.view(np.int8), per_group], axis=1)
        weights = Packed(packed.tobytes(), requant_bytes=heads.nbytes)
        return {"weights": weights, **epilogue.packed_table(layer)}

    def descriptor(self, layer: Layer[window.Affine], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer)
        tiling = window.Tiling.from_parameters(parameters)
        segments, words = self.segments(geometry)
        return Struct(
            "nmcu_conv_t",
            {
                "weighted": weighted.descriptor(geometry, tiling, at, self.group_bytes(geometry), 4),
                "block": Expr(epilogue.function(self.block, layer)),
                "requant": requantize.descriptor(layer),
                **epilogue.sum_member(layer),
                "segments": segments,
                "segment_words": words,
                "pixels": self.pixels,
                "depth": geometry.depth,
                "group_records": -(-self._group_channels(layer) // 4),
                "flat": int(geometry.flat),
                "copied_blocks": self.copied_blocks(geometry),
                "window_bytes": _window_bytes(geometry) if self.copies else 0,
                "whole_blocks": int(at.staged and self._whole_blocks(geometry)),
                "windows": Expr(at.l1["windows"] if self.copies else NOWHERE),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, *CONV, body(FOLDER, self.name))


class Dense4x4(Dense):
    name = block = "dense_4x4"
    operators = (*Dense.operators, ops.ConvAdd)
    pixels = 4
    residual_cycles: ClassVar[Mapping[str, float]] = {"rv32": 13.5, "xcv": 6.2}
    table_cycles: ClassVar[Mapping[str, float]] = {"rv32": 3.0, "xcv": 1.2}
    head = GROUP4.size

    def rescaling_cycles(self, layer: Layer[window.Affine], machine: Machine) -> float:
        whole = super().rescaling_cycles(layer, machine)
        share = split_share(layer)
        return machine.isa.best({"rv32": whole, "xcv": share * SPLIT_CYCLES + (1 - share) * whole})

    def singles(self, geometry: window.Geometry, machine: Machine, pixels: int, groups: int) -> int:
        alone = machine.staged and self._whole_blocks(geometry) and self.segments(geometry)[0] == 1
        if self.copies or not alone or pixels <= 4 or pixels % 4 != 1 or groups % machine.cores:
            return 0
        return machine.isa.best({"rv32": 0, "xcv": groups // machine.cores})

    def heads(self, layer: Layer[window.Affine], groups: int) -> NDArray[np.uint8]:
        channels = requantize.channel_constants(layer)
        if requantize.form(layer) == "narrow":
            channels = _with_bias_in_round(channels)
        return GROUP4.pack(_by_group(channels, _CHANNELS, groups) | split(layer, groups))


class Im2col4x4(Dense4x4):
    """`dense_4x4` on copies of windows: for runs of contiguous input that are short, or not aligned to words."""

    name = "im2col_4x4"
    copies = True

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        geometry = window.geometry(layer)
        if geometry.depth != geometry.input[2]:
            return "grouped convolution"
        if geometry.kernel[1] > 1 and geometry.dilations[1] > 1:
            return "a horizontal dilation"
        if geometry.flat and geometry.input[2] % 4 == 0:
            return "windows that are words where they lie"
        if _window_bytes(geometry) > window.MOST:
            return f"a window of more than {window.MOST:,} bytes"
        return super().refusal(layer, machine)

    def segments(self, geometry: window.Geometry) -> tuple[int, int]:
        return 1, -(-geometry.kernel[0] * geometry.kernel[1] * geometry.input[2] // 4)

    def copied_blocks(self, geometry: window.Geometry) -> int:
        return max(1, COPIED_BYTES // (self.pixels * _window_bytes(geometry)))

    def windows(self, geometry: window.Geometry, machine: Machine) -> dict[str, int]:
        block = self.pixels * _window_bytes(geometry)
        return {"windows": machine.cores * self.copied_blocks(geometry) * block}

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, *CONV, body(FOLDER, Dense4x4.name))


class Dense4x2(Dense):
    name = block = "dense_4x2"
    pixels = 2


class Dense4x1(Dense):
    name = block = "dense_4x1"
    pixels = 1


class Dense4xn(Dense):
    """Weights of four channels in registers while pixels pass: 1x1 with up to eight input channels."""

    name = block = "dense_4xn"
    pixels = 1
    requires = frozenset({"xcv"})

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        geometry, op = window.geometry(layer), requantize.requantised(layer)
        if geometry.depth != geometry.input[2]:
            return "grouped convolution"
        if not geometry.flat or geometry.input[2] not in (4, 8):
            return "windows that are not one or two words behind each other"
        if requantize.form(layer) != "narrow" or (op.lo, op.hi) != (-128, 127):
            return "a requantisation that is not narrow, or a clamp"
        return super().refusal(layer, machine)

    def heads(self, layer: Layer[window.Affine], groups: int) -> NDArray[np.uint8]:
        channels = _with_bias_in_round(requantize.channel_constants(layer))
        return CHANNELS4.pack(_by_group(channels, _CHANNELS, groups))


def _by_group(rows: NDArray[np.int32], names: Sequence[str], groups: int) -> dict[str, NDArray[np.int32]]:
    """(groups, 4) of each row; of channels that do not exist, zeros and a shift by 1."""
    whole = np.zeros((len(rows), 4 * groups), np.int32)
    if "shift" in names:
        whole[names.index("shift")] = 1
    whole[:, : rows.shape[1]] = rows
    return dict(zip(names, whole.reshape(len(rows), groups, 4), strict=True))


def _with_bias_in_round(channels: NDArray[np.int32]) -> NDArray[np.int32]:
    """The constants of narrow channels with the bias in `round`: a product of 32 bits is exact modulo 2^32, so what is
    added to it may be summed in any order."""
    bias, multiplier, rounding, _ = channels.astype(np.int64)
    return np.stack(
        [np.zeros_like(channels[0]), channels[1], _modulo(rounding + bias * multiplier), channels[3]]
    )


def _modulo(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """`values` modulo 2^32, as int32."""
    return ((values + 2**31) % 2**32 - 2**31).astype(np.int32)


def _window_bytes(geometry: window.Geometry) -> int:
    """From a copied window to the next one: words, those that the last run's last word is partly behind too."""
    height, width = geometry.kernel
    run = width * geometry.input[2]
    return align((height - 1) * run + align(run, 4), 4)


KERNELS = (Dense4x4(), Im2col4x4(), Dense4x2(), Dense4x1(), Dense4xn())

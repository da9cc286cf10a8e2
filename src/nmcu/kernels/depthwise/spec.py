"""Depthwise convolution: one driver (depthwise.c) that turns channels into planes, hot loops over lines of a plane."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize, weighted, window
from nmcu.kernels.common.layer import LAYER_BYTES
from nmcu.kernels.depthwise.layouts import CHANNEL
from nmcu.kernels.kernel import NOWHERE, Addresses, Candidate, Kernel, Machine, align
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
PLANE_SLACK_BYTES = 8
"""Bytes behind a plane that the hot loops may touch."""
TILE_CYCLES = 380
ITEM_CYCLES = 80
"""Of the lines of four channels that one core takes at a time."""
LINE_CYCLES = {"xcv": 7, "rv32": 36}
CHANNEL_CYCLES = 64
PLANES_LINE_CYCLES = {"xcv": 10, "rv32": 22}
PLANES_BLOCK_CYCLES = {"xcv": 15.4, "rv32": 46}
"""Of four elements of four channels turned into planes."""
PAD_WORD_CYCLES = 1.8
"""Of a word of the planes filled with padding."""


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
    """Lines of the planes are rows of the map, or columns (`vertical`); hot loops compute `block` outputs at a time."""

    vertical: bool
    along: Axis
    across: Axis
    block: int

    @property
    def tap_words(self) -> int:
        """Words that the taps of one line take, gaps of a dilation included."""
        return -(-self.along.span // 4)

    @property
    def channel_bytes(self) -> int:
        return CHANNEL.size + 4 * self.tap_words * self.across.kernel

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
        return (
            self.across.extent(-(-lines // parts)) * self.line_bytes(outputs, row_tiles) + PLANE_SLACK_BYTES
        )

    def max_parts(self, rows: int, columns: int) -> int:
        """Parts that a tile may be cut into; what is written behind a row would race with the next row's core."""
        return 1 if not self.vertical and columns % self.block else self.outputs(rows, columns)[1]

    def output_step_bytes(self, columns: int, channels: int) -> int:
        """From an output of a line to the next."""
        return channels * (columns if self.vertical else 1)

    def work(self, rows: int, columns: int) -> int:
        """Words of all windows of a map: what to compare orientations by."""
        outputs, lines = self.outputs(rows, columns)
        return self.computed(outputs) * lines * self.tap_words * self.across.kernel


class Depthwise(Kernel[ops.Depthwise]):
    """Four channels of a tile at a time, by one core, which turns them into planes of its own."""

    operators = (ops.Depthwise,)
    headers = ("depthwise.h",)
    function = "nmcu_depthwise_run"
    needs = "a window"
    block: ClassVar[int] = 1
    """Outputs that the hot loop computes at a time."""

    @abstractmethod
    def hot_loop(self, layer: Layer[ops.Depthwise]) -> str:
        """Name of the C function for `layer`."""

    @abstractmethod
    def line_cycles(self, layer: Layer[ops.Depthwise], machine: Machine, outputs: int) -> float:
        """Cycles of a line of `outputs`."""

    def walks(self, orientation: Orientation) -> bool:
        """Whether the hot loop can walk lines this way."""
        return True

    def orientation(self, layer: Layer[ops.Depthwise]) -> Orientation | None:
        """The one with the least work of those that the hot loop can walk."""
        _, rows, columns, _ = layer.outputs[0].shape
        return min(
            filter(self.walks, _orientations(layer, self.block)),
            key=lambda o: o.work(rows, columns),
            default=None,
        )

    def refusal(self, layer: Layer[ops.Depthwise], machine: Machine) -> str | None:
        orientation = self.orientation(layer)
        if orientation is None:
            return f"needs {self.needs}"
        if orientation.tap_words > 255:
            return "a window of more than 1020 elements along one axis"
        return None

    def candidates(self, layer: Layer[ops.Depthwise], machine: Machine) -> Sequence[Candidate]:
        return sorted(self._tilings(layer, machine), key=lambda c: (c.cycles, c.l1_bytes))

    def _tilings(self, layer: Layer[ops.Depthwise], machine: Machine) -> Iterator[Candidate]:
        geometry = window.geometry(layer, channelwise=True)
        orientation, columns = self._walked(layer), geometry.output[1]
        for tiling in window.tilings(geometry, machine, 4, orientation.channel_bytes, LAYER_BYTES):
            row_tiles = window.tile_counts(geometry, tiling)[0]
            parts = min(
                range(1, min(machine.cores, orientation.max_parts(tiling.rows, columns)) + 1),
                key=lambda p: self._tile_cycles(layer, machine, tiling.rows, tiling.channels, p, row_tiles),
            )
            lead = orientation.lead(orientation.outputs(tiling.rows, columns)[0], row_tiles)
            beside = (lead + orientation.block - 1) * orientation.output_step_bytes(columns, tiling.channels)
            l1 = {"layer": machine.staged_bytes(LAYER_BYTES)} | window.buffers(
                geometry, machine, tiling, orientation.channel_bytes, beside
            )
            l1["planes"] = machine.cores * 4 * orientation.plane_bytes(tiling, row_tiles, columns, parts)
            if sum(align(size) for size in l1.values()) > machine.l1_bytes:
                continue
            cycles, compute, dma = window.pipeline_cycles(
                geometry,
                machine,
                tiling,
                orientation.channel_bytes,
                lambda rows, channels: self._tile_cycles(layer, machine, rows, channels, parts, row_tiles),  # noqa: B023
            )
            yield Candidate(self.name, tiling.parameters() | {"parts": parts}, l1, cycles, compute, dma)

    def _tile_cycles(
        self,
        layer: Layer[ops.Depthwise],
        machine: Machine,
        rows: int,
        channels: int,
        parts: int,
        row_tiles: int,
    ) -> int:
        """Of one of `row_tiles` tiles, whose lines are cut into `parts`."""
        orientation = self._walked(layer)
        along, across = orientation.along, orientation.across
        outputs, lines = orientation.outputs(rows, layer.outputs[0].shape[2])
        part_lines = -(-lines // parts)
        planes_block = machine.isa.best(PLANES_BLOCK_CYCLES)
        planes_line = -(-along.inputs(outputs) // 4) * planes_block + machine.isa.best(PLANES_LINE_CYCLES)
        line = self.line_cycles(layer, machine, outputs) + machine.isa.best(LINE_CYCLES)
        item = across.inputs(part_lines) * planes_line + ITEM_CYCLES
        item += min(channels, 4) * (part_lines * line + CHANNEL_CYCLES)
        if parts > 1 or row_tiles > 1:
            item += PAD_WORD_CYCLES * across.extent(part_lines) * orientation.line_bytes(outputs, row_tiles)
        rounds = -(-(-(-channels // 4) * parts) // machine.cores)
        return int(rounds * item + TILE_CYCLES)

    def pack(self, layer: Layer[ops.Depthwise]) -> Mapping[str, Packed]:
        """`weights`: an nmcu_depthwise_channel_t for every channel."""
        orientation = self._walked(layer)
        weight = layer.constants["weight"]
        taps = (weight.transpose(2, 1, 0) if orientation.vertical else weight.transpose(2, 0, 1)).astype(
            np.int8
        )
        spread = np.zeros((taps.shape[0], taps.shape[1], 4 * orientation.tap_words), np.int8)
        spread[:, :, : orientation.along.span : orientation.along.dilation] = taps
        rest = spread.reshape(taps.shape[0], -1)
        records = np.concatenate([_channel_heads(layer).view(np.int8), rest], axis=1)
        return {"weights": Packed(records.tobytes())}

    def descriptor(self, layer: Layer[ops.Depthwise], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer, channelwise=True)
        tiling = window.Tiling.from_parameters(parameters)
        orientation, columns, parts = self._walked(layer), geometry.output[1], parameters["parts"]
        outputs, row_tiles = (
            orientation.outputs(tiling.rows, columns)[0],
            window.tile_counts(geometry, tiling)[0],
        )
        line_bytes, lead = orientation.line_bytes(outputs, row_tiles), orientation.lead(outputs, row_tiles)
        front = lead * orientation.output_step_bytes(columns, tiling.channels)
        tiles = {
            name: f"{at.l1[name]} + {front}"
            for name in ("out0", "out1")
            if at.l1.get(name, NOWHERE) != NOWHERE
        }
        at = replace(at, l1={**at.l1, **tiles})
        return Struct(
            "nmcu_depthwise_t",
            {
                "weighted": weighted.descriptor(geometry, tiling, at, orientation.channel_bytes),
                "along": orientation.along.descriptor(),
                "across": orientation.across.descriptor(),
                "fn": Expr(self.hot_loop(layer)),
                "planes": Expr(at.l1["planes"]),
                "line_bytes": line_bytes,
                "shape": Struct(
                    "nmcu_depthwise_shape_t",
                    {
                        "x_line": orientation.across.stride * line_bytes,
                        "x_tap": orientation.across.dilation * line_bytes,
                        "x_step": orientation.along.stride,
                        "plane_bytes": orientation.plane_bytes(tiling, row_tiles, columns, parts),
                        "channel_bytes": orientation.channel_bytes,
                        "requant": requantize.descriptor(layer),
                        "tap_lines": orientation.across.kernel,
                        "tap_words": orientation.tap_words,
                    },
                ),
                "vertical": int(orientation.vertical),
                "lead": lead,
                "parts": parts,
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, FOLDER / "depthwise.c", body(FOLDER, "planes"))

    def _walked(self, layer: Layer[ops.Depthwise]) -> Orientation:
        orientation = self.orientation(layer)
        assert orientation is not None
        return orientation


class Depthwise3x3(Depthwise):
    """3x3 with stride 1 (any stride and dilation across the lines)."""

    name = "depthwise_3x3"
    block = 4
    needs = "three taps on each of three lines, not dilated and with stride 1 along the line"
    BLOCK_CYCLES: ClassVar[Mapping[str, Mapping[str, float]]] = {
        "nmcu_depthwise_3x3": {"xcv": 36, "rv32": 133},
        "nmcu_depthwise_3x3_clamp": {"xcv": 38, "rv32": 140},
        "nmcu_depthwise_3x3_wide": {"xcv": 61, "rv32": 154},
    }

    def walks(self, orientation: Orientation) -> bool:
        return (
            orientation.along.kernel == orientation.along.span == orientation.across.kernel == 3
            and orientation.along.stride == 1
        )

    def refusal(self, layer: Layer[ops.Depthwise], machine: Machine) -> str | None:
        if requantize.form(layer) == "full":
            return "requantisation in the full form"
        return super().refusal(layer, machine)

    def hot_loop(self, layer: Layer[ops.Depthwise]) -> str:
        if requantize.form(layer) == "wide":
            return "nmcu_depthwise_3x3_wide"
        op = requantize.requantised(layer)
        return "nmcu_depthwise_3x3" if (op.lo, op.hi) == (-128, 127) else "nmcu_depthwise_3x3_clamp"

    def line_cycles(self, layer: Layer[ops.Depthwise], machine: Machine, outputs: int) -> float:
        return -(-outputs // self.block) * machine.isa.best(self.BLOCK_CYCLES[self.hot_loop(layer)])

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), body(FOLDER, "depthwise_3x3"))


class DepthwiseLines(Depthwise):
    """Three lines of up to four taps, or five of up to eight (3x3 and 5x5), with any stride."""

    name = "depthwise_lines"
    needs = "three lines of taps no longer than four, or five no longer than eight"
    BODIES: ClassVar[Mapping[tuple[int, int], str]] = {
        (3, 1): "nmcu_depthwise_3x4",
        (5, 2): "nmcu_depthwise_5x8",
    }
    """Hot loop by (lines, words of a line)."""
    WORD_CYCLES, MISALIGNED_CYCLES, OUTPUT_CYCLES, MULH_CYCLES = 2.2, 1, 5, 5.8
    MISALIGNED: ClassVar[Sequence[float]] = (0, 0.75, 0.5, 0.75)
    """Share of the words that are not aligned, by the stride modulo 4."""

    def walks(self, orientation: Orientation) -> bool:
        return (orientation.across.kernel, orientation.tap_words) in self.BODIES

    def refusal(self, layer: Layer[ops.Depthwise], machine: Machine) -> str | None:
        if requantize.form(layer) == "full":
            return "requantisation in the full form"
        return super().refusal(layer, machine)

    def hot_loop(self, layer: Layer[ops.Depthwise]) -> str:
        orientation = self._walked(layer)
        body_name = self.BODIES[orientation.across.kernel, orientation.tap_words]
        return f"{body_name}_wide" if requantize.form(layer) == "wide" else body_name

    def line_cycles(self, layer: Layer[ops.Depthwise], machine: Machine, outputs: int) -> float:
        orientation = self._walked(layer)
        words = orientation.across.kernel * orientation.tap_words
        word = self.WORD_CYCLES + self.MISALIGNED_CYCLES * self.MISALIGNED[orientation.along.stride % 4]
        wide = self.MULH_CYCLES if requantize.form(layer) == "wide" else 0
        output = words * word + self.OUTPUT_CYCLES + wide
        return outputs * machine.isa.best({"rv32": self._scalar_cycles(orientation) + wide, "xcv": output})

    @staticmethod
    def _scalar_cycles(orientation: Orientation) -> float:
        """Of an output without SIMD: the fourth of four taps and the last three of eight are left out where they only
        fill words; four taps stay in registers."""
        lines, span = orientation.across.kernel, orientation.along.span
        if orientation.tap_words == 1:
            return 3 * lines * (3 if span < 4 else 4) + 17
        return 4 * lines * (5 if span < 6 else 8) + 21

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), body(FOLDER, "depthwise_lines"))


class DepthwiseAny(Depthwise):
    """Any window and any requantisation: portable code only."""

    name = "depthwise_any"

    def hot_loop(self, layer: Layer[ops.Depthwise]) -> str:
        return "nmcu_depthwise_any"

    def line_cycles(self, layer: Layer[ops.Depthwise], machine: Machine, outputs: int) -> float:
        orientation = self._walked(layer)
        return outputs * portable_output_cycles(orientation.tap_words * orientation.across.kernel)

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), FOLDER / "depthwise_any.c")


def portable_output_cycles(words: int) -> float:
    """Cycles of an output with `words` words of taps in portable C."""
    return 58 * words + 30


def _orientations(layer: Layer[ops.Depthwise], block: int) -> Iterator[Orientation]:
    op = layer.op
    kernel = layer.constants["weight"].shape
    _, height, width, _ = layer.inputs[0].shape
    rows = Axis(kernel[0], op.strides[0], op.dilations[0], op.pads[0], height)
    columns = Axis(kernel[1], op.strides[1], op.dilations[1], op.pads[1], width)
    yield Orientation(vertical=True, along=rows, across=columns, block=block)
    yield Orientation(vertical=False, along=columns, across=rows, block=block)


def _channel_heads(layer: Layer[ops.Depthwise]) -> NDArray[np.uint8]:
    """An nmcu_depthwise_channel_t without taps for each channel."""
    bias, multiplier, rounding, shift = requantize.channel_constants(layer).astype(np.int64)
    offset = np.zeros_like(bias)
    if requantize.form(layer) != "full":
        offset = rounding - 2 ** (shift - 1)
    if requantize.form(layer) == "narrow":
        offset = offset + bias * multiplier
    return CHANNEL.pack({"multiplier": multiplier, "offset": offset, "shift": shift, "bias": bias})


KERNELS = (Depthwise3x3(), DepthwiseLines(), DepthwiseAny())

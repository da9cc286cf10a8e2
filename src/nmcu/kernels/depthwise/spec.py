"""Depthwise convolution: hot loops over lines of a plane."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from nmcu.graph import Layer
from nmcu.isa import BASE
from nmcu.kernels.body import Body, body
from nmcu.kernels.common import requantize
from nmcu.kernels.depthwise.base import FOLDER, Depthwise, suffix
from nmcu.kernels.depthwise.orientation import Channelwise, Orientation
from nmcu.kernels.kernel import Machine

WORD_CYCLES, MISALIGNED_CYCLES, OUTPUT_CYCLES = 2, 1, 4
"""Of a word of taps of one output, of a word of input that is not aligned, of an output."""
MISALIGNED: Sequence[float] = (0, 0.75, 0.5, 0.75)
"""Share of the words that are not aligned, by the stride modulo 4."""
CLIPPED_CYCLES: Mapping[str, float] = {"xcv": 4, "rv32": 15}
WIDE_CYCLES: Mapping[str, float] = {"xcv": 6, "rv32": 5.8}
"""Of an output of a channel that is clipped, of one in the wide form."""


class Depthwise3x3(Depthwise):
    """3x3 with stride 1 (any stride and dilation across the lines)."""

    name = "depthwise_3x3"
    block = 4
    needs = "three taps on each of three lines, not dilated and with stride 1 along the line"
    BLOCK_CYCLES: ClassVar[Mapping[str, float]] = {"xcv": 34, "rv32": 133}
    CLAMP_CYCLES: ClassVar[Mapping[str, float]] = {"xcv": 4, "rv32": 7}
    CLIPPED_CYCLES: ClassVar[Mapping[str, float]] = {"xcv": 14, "rv32": 60}
    WIDE_CYCLES: ClassVar[Mapping[str, float]] = {"xcv": 24, "rv32": 21}
    """Of four outputs; what other forms take more than the narrow one without a clamp."""

    def walks(self, orientation: Orientation) -> bool:
        return (
            orientation.along.kernel == orientation.along.span == orientation.across.kernel == 3
            and orientation.along.stride == 1
        )

    def hot_loop(self, layer: Layer[Channelwise]) -> str:
        return "nmcu_depthwise_3x3"

    def line_cycles(self, layer: Layer[Channelwise], machine: Machine, outputs: int) -> float:
        more = rescaling(layer, machine, self.CLIPPED_CYCLES, self.WIDE_CYCLES)
        clamp = machine.isa.best(self.CLAMP_CYCLES) if suffix(layer) == "_clamp" else 0
        return -(-outputs // self.block) * (machine.isa.best(self.BLOCK_CYCLES) + clamp + more)

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), body(FOLDER, "depthwise_3x3"))


class DepthwiseColumns(Depthwise):
    """3x3 with stride 1 or 2, four columns after another down all lines."""

    name = "depthwise_columns"
    requires = frozenset({"xcv"})
    needs = "three taps on each of three lines, not dilated and with stride 1 or 2 both along and across"
    ROW_CYCLES: ClassVar[Mapping[int, Sequence[float]]] = {1: (0, 8, 15, 24, 31), 2: (0, 11, 20, 28, 39)}
    """Of a row of up to four outputs, by the stride."""
    LOOP_CYCLES: ClassVar[float] = 21

    def walks(self, orientation: Orientation) -> bool:
        along, across = orientation.along, orientation.across
        return (
            along.kernel == along.span == across.kernel == across.span == 3
            and along.stride == across.stride in self.ROW_CYCLES
        )

    def hot_loop(self, layer: Layer[Channelwise]) -> str:
        return f"nmcu_depthwise_columns_{self.walked(layer).along.stride}"

    def line_cycles(self, layer: Layer[Channelwise], machine: Machine, outputs: int) -> float:
        more = rescaling(layer, machine, CLIPPED_CYCLES, WIDE_CYCLES)
        clamp = 1 if suffix(layer) == "_clamp" else 0
        return self._narrow_cycles(self.walked(layer), outputs) + outputs * (clamp + more)

    def loop_cycles(self, machine: Machine, outputs: int, lines: int) -> float:
        return -(-outputs // 4) * self.LOOP_CYCLES

    def work(self, orientation: Orientation, rows: int, columns: int) -> float:
        outputs, lines = orientation.outputs(rows, columns)
        planes = orientation.across.inputs(lines) * orientation.planes_cycles(outputs, 1)["xcv"] / 4
        return (
            lines * self._narrow_cycles(orientation, outputs) + -(-outputs // 4) * self.LOOP_CYCLES + planes
        )

    def _narrow_cycles(self, orientation: Orientation, outputs: int) -> float:
        """Of a line."""
        row = self.ROW_CYCLES[orientation.along.stride]
        return outputs // 4 * row[4] + row[outputs % 4]

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), body(FOLDER, "depthwise_columns"))


class DepthwiseLines(Depthwise):
    """Three lines of up to four taps, or five of up to eight (3x3 and 5x5), with any stride."""

    name = "depthwise_lines"
    needs = "three lines of taps no longer than four, or five no longer than eight"
    BODIES: ClassVar[Mapping[tuple[int, int], str]] = {
        (3, 1): "nmcu_depthwise_3x4",
        (5, 2): "nmcu_depthwise_5x8",
    }
    """Hot loop by (lines, words of a line)."""

    def walks(self, orientation: Orientation) -> bool:
        return (orientation.across.kernel, orientation.tap_words) in self.BODIES

    def hot_loop(self, layer: Layer[Channelwise]) -> str:
        orientation = self.walked(layer)
        return self.BODIES[orientation.across.kernel, orientation.tap_words]

    def line_cycles(self, layer: Layer[Channelwise], machine: Machine, outputs: int) -> float:
        orientation = self.walked(layer)
        output = orientation.words * word_cycles(orientation) + OUTPUT_CYCLES
        more = rescaling(layer, machine, CLIPPED_CYCLES, WIDE_CYCLES)
        return outputs * (machine.isa.best({"rv32": self._scalar_cycles(orientation), "xcv": output}) + more)

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


class DepthwiseWords(Depthwise):
    """Any lines of together up to eight words of taps, which stay in registers; any stride."""

    name = "depthwise_words"
    ahead = 1
    offsets = True
    MOST = 8
    needs = f"taps that take up to {MOST} words of four neighbours on a line"

    def walks(self, orientation: Orientation) -> bool:
        return orientation.words <= self.MOST

    def hot_loop(self, layer: Layer[Channelwise]) -> str:
        return f"nmcu_depthwise_words_{self.walked(layer).words}"

    def line_cycles(self, layer: Layer[Channelwise], machine: Machine, outputs: int) -> float:
        orientation = self.walked(layer)
        output = orientation.words * word_cycles(orientation) + OUTPUT_CYCLES
        more = rescaling(layer, machine, CLIPPED_CYCLES, WIDE_CYCLES)
        return outputs * (machine.isa.best({"rv32": scalar_cycles(orientation), "xcv": output}) + more)

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), any_window("depthwise_words"))


class DepthwiseTaps(Depthwise):
    """Any window, four outputs at a time; any stride."""

    name = "depthwise_taps"
    block = 4
    offsets = True
    WORD_CYCLES, OUTPUT_CYCLES = 2.5, 6.75

    def hot_loop(self, layer: Layer[Channelwise]) -> str:
        return "nmcu_depthwise_taps"

    def line_cycles(self, layer: Layer[Channelwise], machine: Machine, outputs: int) -> float:
        orientation = self.walked(layer)
        word = self.WORD_CYCLES + MISALIGNED_CYCLES * MISALIGNED[orientation.along.stride % 4]
        more = rescaling(layer, machine, CLIPPED_CYCLES, WIDE_CYCLES)
        costs = {
            "rv32": outputs * (scalar_cycles(orientation) + more),
            "xcv": orientation.computed(outputs) * (orientation.words * word + self.OUTPUT_CYCLES + more),
        }
        return machine.isa.best(costs)

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), any_window("depthwise_taps"))


def word_cycles(orientation: Orientation) -> float:
    """Of a word of taps that stays in a register, for one output."""
    return WORD_CYCLES + MISALIGNED_CYCLES * MISALIGNED[orientation.along.stride % 4]


def scalar_cycles(orientation: Orientation) -> float:
    """Of an output of a window of any size without SIMD."""
    return 23 * orientation.words + 22


def any_window(name: str) -> Body:
    """The hot loop `name`; cores without SIMD have one for windows of any size."""
    found = body(FOLDER, name)
    return Body({**found.files, frozenset({BASE}): FOLDER / "depthwise_any_rv32.S"})


def rescaling(
    layer: Layer[Channelwise], machine: Machine, clipped: Mapping[str, float], wide: Mapping[str, float]
) -> float:
    """What a result takes more than in the narrow form, where one of a clipped or a wide channel takes so much."""
    form, wide_channels = requantize.form(layer), requantize.wide_channels(layer)
    if form == "narrow":
        return 0
    return wide_channels * machine.isa.best(wide) + (1 - wide_channels) * machine.isa.best(clipped)


KERNELS = (DepthwiseColumns(), Depthwise3x3(), DepthwiseLines(), DepthwiseWords(), DepthwiseTaps())

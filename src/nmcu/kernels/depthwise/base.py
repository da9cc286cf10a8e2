"""What all depthwise kernels have in common: one driver (depthwise.c) that turns channels into planes."""

from abc import abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
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
from nmcu.kernels.depthwise.orientation import Channelwise, Orientation, orientations, taps
from nmcu.kernels.kernel import NOWHERE, Addresses, Candidate, Kernel, Machine, align
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
MOST_MULTIPLIER = 255
LINE_CYCLES = {"xcv": 8, "rv32": 14}
MOST_PLANE_BYTES = 2048
"""Of the planes of a core that has several groups of channels at a time: more would save next to nothing."""


@dataclass(frozen=True)
class _Cut:
    """How the tiles of `channels`, with `row_tiles` of the map's rows, are divided among cores: `groups` of four
    channels at a time; those that are left when all cores have as many in `parts` of their lines.

    Where padding is at the same bytes of the planes for all tiles, they are cut in the last tile only, as parts have it
    elsewhere.
    """

    parts: int
    groups: int
    channels: int
    row_tiles: int
    channel_tiles: int
    fewer: bool
    """Than cores: groups of a tile."""

    @staticmethod
    def of(geometry: window.Geometry, tiling: window.Tiling, fewer: bool, parts: int) -> "_Cut":
        return _Cut(parts, 1, tiling.channels, *window.tile_counts(geometry, tiling), fewer)

    @property
    def least_parts(self) -> int:
        """Parts of the largest share of a tile's lines that a core takes on."""
        return self.parts if self.fewer else 1

    @property
    def same_padding(self) -> bool:
        return self.row_tiles == 1 and self.least_parts == 1

    def parts_of(self, channels: int) -> int:
        """Parts in a tile of `channels`."""
        last = self.channel_tiles == 1 or channels < self.channels
        return self.parts if last or not self.same_padding else 1


class Depthwise(Kernel[Channelwise]):
    """Groups of four channels of a tile, by one core, which turns them into planes of its own."""

    operators = (ops.Depthwise, ops.Conv2d)
    near = True
    sieved = True
    headers = ("depthwise.h",)
    function = "nmcu_depthwise_run"
    needs = "a window"
    block: ClassVar[int] = 1
    """Outputs that the hot loop computes at a time."""
    ahead: ClassVar[int] = 0
    """Windows behind a line that it may load."""
    offsets: ClassVar[bool] = False
    """Whether it reads where the words of a window lie."""

    @abstractmethod
    def hot_loop(self, layer: Layer[Channelwise]) -> str:
        """Name of the C function for results of all of int8 in the narrow form: see `suffix`."""

    @abstractmethod
    def line_cycles(self, layer: Layer[Channelwise], machine: Machine, outputs: int) -> float:
        """What the instructions of the hot loop take for a line of `outputs`."""

    def loop_cycles(self, machine: Machine, outputs: int, lines: int) -> float:
        """What those between two loops take for `lines` of a channel."""
        return lines * machine.isa.best(LINE_CYCLES)

    def walks(self, orientation: Orientation) -> bool:
        """Whether the hot loop can walk lines this way."""
        return True

    def orientation(self, layer: Layer[Channelwise]) -> Orientation | None:
        """The one with the least work of those that the hot loop can walk."""
        return _least_work(self, layer)

    def work(self, orientation: Orientation, rows: int, columns: int) -> float:
        """Of a channel of a map: what to compare orientations by."""
        return orientation.work(rows, columns)

    def refusal(self, layer: Layer[Channelwise], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.Conv2d) and layer.op.groups == 1:
            return "one group"
        if isinstance(layer.op, ops.Conv2d) and layer.constants["weight"].shape[3] > 1:
            return "groups of more than one channel"
        if window.geometry(layer, channelwise=True).multiplier > MOST_MULTIPLIER:
            return f"more than {MOST_MULTIPLIER} output channels for each channel"
        orientation = self.orientation(layer)
        if orientation is None:
            return f"needs {self.needs}"
        if orientation.tap_words > 255:
            return "a window of more than 1020 elements along one axis"
        return None

    def likeness(self, layer: Layer[Channelwise]) -> Hashable:
        multiplier = window.geometry(layer, channelwise=True).multiplier
        return window.likeness(layer), suffix(layer), _changes(layer, multiplier)

    def candidates(self, layer: Layer[Channelwise], machine: Machine) -> Sequence[Candidate]:
        return sorted(self._tilings(layer, machine), key=lambda c: (c.cycles, c.l1_bytes))

    def _tilings(self, layer: Layer[Channelwise], machine: Machine) -> Iterator[Candidate]:
        geometry = window.geometry(layer, channelwise=True)
        orientation, columns = self.walked(layer), geometry.output[1]
        for tiling in window.tilings(
            geometry,
            machine,
            4 * geometry.multiplier,
            orientation.channel_bytes,
            machine.staged_bytes(LAYER_BYTES),
        ):
            at = machine.where(tiling.copied)
            row_tiles = window.tile_counts(geometry, tiling)[0]
            cut = self._cut(layer, at, tiling)
            lead = orientation.lead(orientation.outputs(tiling.rows, columns)[0], row_tiles)
            beside = (lead + orientation.block - 1) * orientation.output_step_bytes(columns, tiling.channels)
            l1 = {"layer": machine.staged_bytes(LAYER_BYTES)} | window.buffers(
                geometry, machine, tiling, orientation.channel_bytes, beside
            )
            if self.offsets:
                l1["offsets"] = 4 * orientation.words
            group_bytes = 4 * orientation.plane_bytes(tiling, row_tiles, columns, cut.least_parts)
            front = lead * orientation.output_step_bytes(columns, tiling.channels)
            margins = front, max(beside - front, window.BEHIND)
            for groups in _groups(geometry, machine, tiling, MOST_PLANE_BYTES // group_bytes):
                cut = replace(cut, groups=groups)
                buffers = l1 | {"planes": machine.cores * groups * group_bytes}
                if sum(align(size) for size in buffers.values()) > machine.l1_bytes:
                    continue
                cycles, compute, dma = window.pipeline_cycles(
                    geometry,
                    at,
                    tiling,
                    orientation.channel_bytes,
                    lambda rows, channels: self._tile_cycles(layer, at, rows, channels, cut),  # noqa: B023
                )
                parameters = {"parts": cut.parts, "fewer": int(cut.fewer), "groups": groups}
                yield Candidate(
                    self.name, tiling.parameters() | parameters, buffers, cycles, compute, dma, margins
                )

    def _cut(self, layer: Layer[Channelwise], machine: Machine, tiling: window.Tiling) -> _Cut:
        """The one of the fewest cycles, or with as many parts as the machine has already, one group at a time."""
        geometry = window.geometry(layer, channelwise=True)
        most = self.walked(layer).max_parts(tiling.rows, geometry.output[1])
        parts = (
            range(1, min(machine.cores, most) + 1) if machine.tiling is None else [machine.tiling["parts"]]
        )
        fewer = geometry.slab_channels(tiling.channels) <= 4 * (machine.cores - 1)
        channels = {tiling.channels, -(-geometry.output[2] % -tiling.channels) or tiling.channels}
        return min(
            (_Cut.of(geometry, tiling, fewer, number) for number in parts),
            key=lambda cut: sum(
                self._tile_cycles(layer, machine, tiling.rows, count, cut) for count in channels
            ),
        )

    def _tile_cycles(
        self, layer: Layer[Channelwise], machine: Machine, rows: int, channels: int, cut: _Cut
    ) -> float:
        """Cycles of the core that has most of a tile; linear in `machine.costs(self.name)`, which are fitted.

        `step` and `planes` are what the hot loop and turning a map into planes take for a cycle of their instructions.
        `turn` is for all groups of channels that a core takes on at a time, `call` for each hot loop that is called
        besides, `tile` for a tile (depthwise.c).
        """
        lines = self.walked(layer).outputs(rows, layer.outputs[0].shape[2])[1]
        multiplier = window.geometry(layer, channelwise=True).multiplier
        parts = cut.parts_of(channels)
        groups, rest = divmod(-(-channels // (4 * multiplier)), machine.cores)
        if parts == 1:
            groups, rest = groups + (rest > 0), 0
        cycles = machine.costs(self.name)["tile"]
        if groups:
            count = min(channels, 4 * multiplier * groups)
            cycles += self._item_cycles(layer, machine, rows, lines, count, cut)
            cycles += (-(-groups // cut.groups) - 1) * machine.costs(self.name)["turn"]
        if rest:
            count = min(channels, 4 * multiplier)
            item = self._item_cycles(layer, machine, rows, -(-lines // parts), count, cut)
            cycles += -(-rest * parts // machine.cores) * item
        return cycles

    def _item_cycles(
        self, layer: Layer[Channelwise], machine: Machine, rows: int, lines: int, channels: int, cut: _Cut
    ) -> float:
        """Of `lines` of `channels` that a core takes on at a time."""
        costs, orientation = machine.costs(self.name), self.walked(layer)
        outputs = orientation.outputs(rows, layer.outputs[0].shape[2])[0]
        multiplier = window.geometry(layer, channelwise=True).multiplier
        walk = lines * self.line_cycles(layer, machine, outputs) + self.loop_cycles(machine, outputs, lines)
        planes = orientation.across.inputs(lines) * machine.isa.best(
            orientation.planes_cycles(outputs, cut.row_tiles)
        )
        if not cut.same_padding:
            planes += orientation.pad_words(outputs, lines, cut.row_tiles)
        return (
            channels * (walk * costs["step"] + costs["channel"])
            + channels * _changes(layer, multiplier) * costs["call"]
            + -(-channels // (4 * multiplier)) * planes * costs["planes"]
            + costs["turn"]
        )

    def pack(self, layer: Layer[Channelwise]) -> Mapping[str, Packed]:
        """`weights`: an nmcu_depthwise_channel_t for every channel."""
        orientation = self.walked(layer)
        weight = taps(layer)
        lines = (weight.transpose(2, 1, 0) if orientation.vertical else weight.transpose(2, 0, 1)).astype(
            np.int8
        )
        spread = np.zeros((lines.shape[0], lines.shape[1], 4 * orientation.tap_words), np.int8)
        spread[:, :, : orientation.along.span : orientation.along.dilation] = lines
        rest = spread.reshape(lines.shape[0], -1)
        records = np.concatenate([_channel_heads(layer).view(np.int8), rest], axis=1)
        return {"weights": Packed(records.tobytes())}

    def descriptor(self, layer: Layer[Channelwise], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer, channelwise=True)
        tiling = window.Tiling.from_parameters(parameters)
        orientation, columns = self.walked(layer), geometry.output[1]
        cut = _Cut.of(geometry, tiling, bool(parameters["fewer"]), parameters["parts"])
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
        form = requantize.form(layer)
        return Struct(
            "nmcu_depthwise_t",
            {
                "weighted": weighted.descriptor(geometry, tiling, at, orientation.channel_bytes),
                "along": orientation.along.descriptor(),
                "across": orientation.across.descriptor(),
                "fn": Expr(self.hot_loop(layer) + suffix(layer)),
                "wide_fn": Expr(self.hot_loop(layer) + "_wide" if form == "mixed" else "0"),
                "planes": Expr(at.l1["planes"]),
                "line_bytes": line_bytes,
                "shape": Struct(
                    "nmcu_depthwise_shape_t",
                    {
                        "x_line": orientation.across.stride * line_bytes,
                        "x_tap": orientation.across.dilation * line_bytes,
                        "x_step": orientation.along.stride,
                        "plane_bytes": orientation.plane_bytes(tiling, row_tiles, columns, cut.least_parts),
                        "channel_bytes": orientation.channel_bytes,
                        "requant": requantize.descriptor(layer),
                        "tap_lines": orientation.across.kernel,
                        "tap_words": orientation.tap_words,
                        "offsets": Expr(f"(const int32_t *)({at.l1['offsets']})" if self.offsets else "0"),
                    },
                ),
                "vertical": int(orientation.vertical),
                "lead": lead,
                "parts": cut.parts,
                "fewer": int(cut.fewer),
                "same_padding": int(cut.same_padding),
                "groups": parameters["groups"],
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, FOLDER / "depthwise.c", body(FOLDER, "planes"))

    def walked(self, layer: Layer[Channelwise]) -> Orientation:
        """`orientation` of a layer that the kernel runs."""
        orientation = self.orientation(layer)
        assert orientation is not None
        return orientation


def suffix(layer: Layer[Channelwise]) -> str:
    """What the function's name for a layer ends in; that for wide channels of the mixed form ends in `_wide`, too."""
    op = requantize.requantised(layer)
    if op.form == "narrow":
        return "" if (op.lo, op.hi) == (-128, 127) else "_clamp"
    return "_wide" if op.form == "wide" else "_clipped"


@lru_cache(maxsize=16)
def _changes(layer: Layer[Channelwise], multiplier: int) -> float:
    """The share of the channels that another function runs than the one before, or that share a plane with it."""
    if multiplier > 1:
        return 1
    if requantize.form(layer) != "mixed":
        return 0
    wide = requantize.are_wide(layer)
    return float(np.mean(wide[1:] != wide[:-1])) if len(wide) > 1 else 0


def _groups(geometry: window.Geometry, machine: Machine, tiling: window.Tiling, most: int) -> Sequence[int]:
    """Groups of four channels that a core may take on at a time: one, or up to `most`, about as many each time; or as
    the machine has it already."""
    if machine.tiling is not None:
        return (machine.tiling["groups"],)
    groups = -(-geometry.slab_channels(tiling.channels) // (4 * machine.cores))
    return sorted({1, -(-groups // -(-groups // max(1, most)))})


@lru_cache(maxsize=16)
def _least_work(kernel: Depthwise, layer: Layer[Channelwise]) -> Orientation | None:
    """`Depthwise.orientation`, which is asked for every tiling of a layer."""
    _, rows, columns, _ = layer.outputs[0].shape
    return min(
        filter(kernel.walks, orientations(layer, kernel.block, kernel.ahead)),
        key=lambda o: kernel.work(o, rows, columns),
        default=None,
    )


def _channel_heads(layer: Layer[Channelwise]) -> NDArray[np.uint8]:
    """An nmcu_depthwise_channel_t without taps for each channel."""
    bias, multiplier, second, shift = requantize.channel_constants(layer).astype(np.int64)
    offset = second
    if requantize.form(layer) != "mixed":
        offset = second - 2 ** (shift - 1)
    if requantize.form(layer) == "narrow":
        offset = offset + bias * multiplier
    return CHANNEL.pack({"multiplier": multiplier, "offset": offset, "shift": shift, "bias": bias})

"""Word gather with gmac: sparse convolution and linear layers over several tokens, gathered and multiplied in one
instruction."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import epilogue, requantize, weighted, window
from nmcu.kernels.gather import spec as gather
from nmcu.kernels.gmac import packing
from nmcu.kernels.kernel import Addresses, Machine, align
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
GMAC = frozenset({"gmac"})
LANES = 4
"""Pixels of a block."""


class WordGatherMac(gather.WordGather):
    """One output channel at a time by four pixels; a record is four channels."""

    name = "word_gather_mac"
    requires = GMAC
    group = 4
    headers: ClassVar[tuple[str, ...]] = ("gmac.h",)
    function: ClassVar[str] = "nmcu_gather_mac_run"
    table_cycles: ClassVar[Mapping[str, float]] = {"gmac": 2.7}

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.Conv2d) and layer.op.groups != 1:
            return "grouped convolution"
        if layer.support is None:
            return "weights that are not N:M sparse, and over half of them not zero"
        if packing.best_format(layer.support) is None:
            return "weights of which in blocks of 4, 8 and 16 up to more than a half are not zero"
        return None

    def likeness(self, layer: Layer[window.Affine]) -> Hashable:
        return super().likeness(layer), _format(layer)

    def tile_cycles(
        self,
        layer: Layer[window.Affine],
        geometry: window.Geometry,
        machine: Machine,
        rows: int,
        channels: int,
    ) -> float:
        blocks, groups = self._blocks(geometry, rows)[1], -(-channels // self.group)
        share = -(-(1 if geometry.flat else rows) * blocks * groups // machine.cores)
        cost = machine.costs(self.name)
        channel = _format(layer).instructions(self._entries(layer, geometry)) * cost["gather"]
        channel += cost["channel"] + cost["wide"] * requantize.wide_share(layer, LANES)
        channel += LANES * epilogue.cycles(self, layer, machine)
        return share * self.group * channel + -(-share // groups) * cost["run"] + cost["tile"]

    def slab_cycles(self, geometry: window.Geometry, machine: Machine, rows: int) -> float:
        """The slab is interleaved."""
        slab_rows, blocks = self._blocks(geometry, rows)
        taps = geometry.kernel[1]
        columns = (blocks - 1) * geometry.strides[1] + (taps - 1) * geometry.dilations[1] + 1
        items = -(-slab_rows * columns // machine.cores)
        copies = blocks * taps / columns
        cost = machine.costs(self.name)
        word = cost["word"] * (14 + 4 * copies) + (cost["misaligned"] if geometry.input[2] % 4 else 0)
        return items * (-(-geometry.input[2] // 4) * word + cost["column"])

    def _blocks(self, geometry: window.Geometry, rows: int) -> tuple[int, int]:
        """(rows of the interleaved slab, blocks in a row) for `rows` output rows."""
        if geometry.flat:
            return 1, -(-rows * geometry.output[1] // LANES)
        return geometry.slab_rows(rows), -(-geometry.output[1] // LANES)

    def _word_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry, rows: int) -> int:
        """The interleaved slab, and what entries that fill up a channel read behind it."""
        slab_rows, blocks = self._blocks(geometry, rows)
        fmt = _format(layer)
        behind = gather.WORD * fmt.m * (self._entries(layer, geometry) - fmt.used(*_reduction(layer)))
        return slab_rows * blocks * geometry.kernel[1] * _tap_words(layer) * gather.WORD + behind

    def _entries(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Of an output channel."""
        return _format(layer).entries(*_reduction(layer))

    def _group_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        words = 3 if requantize.form(layer) == "narrow" else 4
        return self.group * (_format(layer).entry_bytes(self._entries(layer, geometry)) + 4 * words)

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: the packed channels of gmac.h, filled up to whole groups."""
        data = packing.pack(layer.constants["weight"], _format(layer))
        narrow = requantize.form(layer) == "narrow"
        constants = requantize.bias_in_round(layer)[1:] if narrow else requantize.channel_constants(layer)
        fill = (0, -len(data) % self.group)
        constants = np.pad(constants, ((0, 0), fill))
        constants[-1, len(data) :] = 1  # no channel shifts by less
        rest = np.ascontiguousarray(constants.T).view(np.uint8)
        channels = np.concatenate([np.pad(data, (fill, (0, 0))), rest], axis=1)
        entries = _format(layer).entries(*_reduction(layer))
        index_bytes = len(channels) * (data.shape[1] - entries)
        weights = Packed(channels.tobytes(), index_bytes, len(channels) * rest.shape[1])
        return {"weights": weights, **epilogue.packed_table(layer)}

    def descriptor(self, layer: Layer[window.Affine], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer)
        tiling = window.Tiling.from_parameters(parameters)
        fmt = _format(layer)
        chunks, rest = divmod(self._entries(layer, geometry), fmt.chunk)
        return Struct(
            "nmcu_gather_mac_t",
            {
                "weighted": weighted.descriptor(
                    geometry, tiling, at, self._group_bytes(layer, geometry), self.group
                ),
                "block": Expr(epilogue.function(f"{self.name}_{fmt.n}_{fmt.m}", layer)),
                "words": Expr(f"(uint8_t *)({at.l1['words']})"),
                "requant": requantize.descriptor(layer),
                "chunks": chunks,
                "half": int(rest > 0),
                "tap_words": _tap_words(layer),
                "flat": int(geometry.flat),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        bodies = (body(FOLDER, name, GMAC) for name in ("interleave_columns", self.name))
        return (*weighted.SOURCES, FOLDER / "gather_mac.c", *bodies)


def _format(layer: Layer[window.Affine]) -> packing.Format:
    assert layer.support is not None
    found = packing.best_format(layer.support)
    assert found is not None
    return found


def _reduction(layer: Layer[window.Affine]) -> tuple[int, int]:
    """(taps, channels) of a window."""
    assert layer.support is not None
    return layer.support.taps, layer.support.nonzero.shape[-1]


def _tap_words(layer: Layer[window.Affine]) -> int:
    """Words of one tap: one for each channel, filled up to whole blocks."""
    return align(_reduction(layer)[1], _format(layer).m)


KERNELS = (WordGatherMac(),)

"""The published 1:M kernels, in software and with xDecimate: the reference that the others are measured against."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize, window
from nmcu.kernels.kernel import KERNELS_DIR, Addresses, Candidate, Kernel, Machine, align, body
from nmcu.sparsity import NMPattern, offsets

FOLDER = Path(__file__).parent


class Published(Kernel):
    """Records of `record_channels` output channels by `pixels` pixels; `entry_cycles` for one entry of all of them."""

    packed: ClassVar[bool] = True
    headers: ClassVar[tuple[str, ...]] = ("published.h",)
    function: ClassVar[str] = "nmcu_published_run"
    pixels: ClassVar[int]
    record_channels: ClassVar[int] = 1
    entry_cycles: ClassVar[Mapping[str, float]]

    def refusal(self, layer: Layer, machine: Machine) -> str | None:
        if isinstance(layer.op, ops.Conv2d) and layer.op.groups != 1:
            return "grouped convolution"
        pattern = layer.pattern
        if pattern is None or pattern.n != 1 or pattern.m not in offsets.SUPPORTED_M:
            return "weights that are not 1:4, 1:8 or 1:16 sparse"
        if (self.pixels == 1) != (window.geometry(layer).output[:2] == (1, 1) and layer.kind == "linear"):
            return "more than one token" if self.pixels == 1 else "a single token"
        form = requantize.form(layer)
        return f"requantisation in the {form} form" if form == "full" else None

    def candidates(self, layer: Layer, machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        channel_bytes = -(-self._record_bytes(layer, geometry) // self.record_channels)
        extra = self._extra(layer, geometry, machine)
        found = []
        for tiling in window.tilings(
            geometry, machine, self.record_channels, channel_bytes, sum(extra.values())
        ):
            cycles, compute, dma = window.pipeline_cycles(
                geometry,
                machine,
                tiling,
                channel_bytes,
                lambda rows, channels: self._tile_cycles(layer, geometry, machine, rows, channels),
            )
            buffers = {**window.buffers(geometry, tiling, channel_bytes), **extra}
            found.append(Candidate(self.name, tiling.parameters(), buffers, cycles, compute, dma))
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def _extra(self, layer: Layer, geometry: window.Geometry, machine: Machine) -> dict[str, int]:
        """Im2col buffers; with one pixel, what entries after the last block may read behind the slab."""
        if self.pixels == 1:
            return {"behind": align(self._im2col_bytes(layer, geometry))}
        return {"im2col": align(2 * machine.cores * self._im2col_bytes(layer, geometry))}

    def _tile_cycles(
        self, layer: Layer, geometry: window.Geometry, machine: Machine, rows: int, channels: int
    ) -> int:
        width = geometry.output[1]
        blocks = -(-rows * width // self.pixels) if geometry.flat else rows * -(-width // self.pixels)
        records = -(-channels // self.record_channels)
        isa = "rv32" if machine.isa == "rv32" else "xcv"
        share = -(-blocks * records // machine.cores)
        each = self._entries(layer, geometry) * self.entry_cycles[isa] + 45 * self.record_channels
        im2col = self.pixels * (self._im2col_bytes(layer, geometry) // 2 + 60) if self.pixels == 2 else 0
        return int(share * each + -(-share // records) * (im2col + 130) + 150)

    def _pattern(self, layer: Layer) -> NMPattern:
        assert layer.pattern is not None
        return NMPattern(1, layer.pattern.m)

    def _steps(self, layer: Layer, geometry: window.Geometry) -> int:
        taps = geometry.kernel[0] * geometry.kernel[1]
        return offsets.words_per_channel(self._pattern(layer), taps, geometry.input[2])

    def _entries(self, layer: Layer, geometry: window.Geometry) -> int:
        return self._steps(layer, geometry) * offsets.offsets_per_word(self._pattern(layer).m)

    def _im2col_bytes(self, layer: Layer, geometry: window.Geometry) -> int:
        """One im2col buffer; an odd number of words, so that the buffers start in different banks."""
        return align(self._entries(layer, geometry) * self._pattern(layer).m, 8) + 4

    def _record_bytes(self, layer: Layer, geometry: window.Geometry) -> int:
        channel = 16 + 4 * self._steps(layer, geometry) + self._entries(layer, geometry)
        return self.record_channels * channel

    def constants(self, layer: Layer) -> Mapping[str, bytes]:
        """`weights`: the records of published.h."""
        packed = offsets.pack(layer.constants["weight"], self._pattern(layer))
        cout, per = packed.value.shape[0], self.record_channels
        records = -(-cout // per)
        fill = records * per - cout
        word = np.pad(packed.word, ((0, fill), (0, 0))).reshape(records, per, -1).transpose(0, 2, 1)
        value = np.pad(packed.value, ((0, fill), (0, 0))).reshape(records, per, -1, 4).transpose(0, 2, 1, 3)
        channels = np.zeros((4, records * per), np.int32)
        channels[3] = 1
        channels[:, :cout] = requantize.channel_constants(layer)
        bias = channels[0].reshape(records, per)
        rest = channels[1:].reshape(3, records, per).transpose(1, 2, 0).reshape(records, -1)
        parts = [bias, word.reshape(records, -1), value.reshape(records, -1), rest]
        rows = [np.ascontiguousarray(part).view(np.uint8).reshape(records, -1) for part in parts]
        return {"weights": np.concatenate(rows, axis=1).tobytes()}

    def index_bytes(self, layer: Layer) -> int:
        geometry = window.geometry(layer)
        return align(geometry.output[2], self.record_channels) * 4 * self._steps(layer, geometry)

    def requant_bytes(self, layer: Layer) -> int:
        return 16 * align(layer.constants["weight"].shape[0], self.record_channels)

    def descriptor(self, layer: Layer, parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer)
        tiling = window.Tiling.from_parameters(parameters)
        m = self._pattern(layer).m
        return Struct(
            "nmcu_published_t",
            {
                "window": window.descriptor(geometry, tiling, at),
                "block": Expr(f"nmcu_{self.name}"),
                "weights": Expr(at.constants["weights"]),
                "weight_tile": window.pair(at, "constants"),
                "im2col": Expr(at.l1.get("im2col", "0")),
                "im2col_bytes": self._im2col_bytes(layer, geometry),
                "record_bytes": self._record_bytes(layer, geometry),
                "requant": requantize.descriptor(layer),
                "steps": self._steps(layer, geometry),
                "tap_bytes": align(geometry.input[2], m),
                "m": m,
                "pixels": self.pixels,
                "record_channels": self.record_channels,
                "flat": int(geometry.flat),
            },
        )

    def library(self, isa: str) -> tuple[Path, ...]:
        common = (KERNELS_DIR / "common" / "pipeline.c", KERNELS_DIR / "common" / "window.c")
        return (
            *common,
            FOLDER / "published.c",
            body(FOLDER, "copy_words", isa),
            body(FOLDER, self.name, isa),
        )

    def include_dirs(self) -> tuple[Path, ...]:
        return (KERNELS_DIR / "common", FOLDER)


class PublishedConv(Published):
    name = "published_conv"
    kinds: ClassVar[frozenset[str]] = frozenset({"conv", "linear"})
    pixels = 2
    entry_cycles: ClassVar[Mapping[str, float]] = {"xcv": 5.75, "rv32": 40}


class PublishedConvXdec(PublishedConv):
    name = "published_conv_xdec"
    isas: ClassVar[frozenset[str]] = frozenset({"xdec"})
    entry_cycles: ClassVar[Mapping[str, float]] = {"xcv": 2.875}


class PublishedLinear(Published):
    name = "published_linear"
    kinds: ClassVar[frozenset[str]] = frozenset({"linear"})
    pixels = 1
    entry_cycles: ClassVar[Mapping[str, float]] = {"xcv": 3.875, "rv32": 20}


class PublishedLinearXdec(PublishedLinear):
    name = "published_linear_xdec"
    isas: ClassVar[frozenset[str]] = frozenset({"xdec"})
    record_channels = 2
    entry_cycles: ClassVar[Mapping[str, float]] = {"xcv": 3.25}

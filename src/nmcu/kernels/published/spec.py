"""The published 1:M kernels, in software and with xDecimate: the reference that the others are measured against."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.common import window
from nmcu.kernels.costs import Constants
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import Packed
from nmcu.kernels.records.base import Records
from nmcu.sparsity import offsets


class Published(Records):
    """A step is a word of offsets: 8 entries for M = 8 and 16, 16 for M = 4."""

    headers: ClassVar[tuple[str, ...]] = ("records.h", "published.h")
    folder: ClassVar[Path] = Path(__file__).parent

    def unsuitable(self, layer: Layer[window.Affine]) -> str | None:
        return offsets.refusal(layer.support)

    def steps(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        taps = geometry.kernel[0] * geometry.kernel[1]
        return offsets.words_per_channel(self.block_length(layer), taps, geometry.input[2])

    def reduction_cycles(
        self, layer: Layer[window.Affine], geometry: window.Geometry, cost: Constants
    ) -> float:
        """Of words of offsets, and of entries by eight."""
        words, entries = self.steps(layer, geometry), self._entries(layer, geometry)
        return words * cost["word"] + entries / 8 * cost["step"]

    def record_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        return self.record_channels * (16 + 4 * self.steps(layer, geometry) + self._entries(layer, geometry))

    def buffer_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """An odd number of words, so that the buffers start in different banks."""
        return align(self._entries(layer, geometry) * self.block_length(layer), 8) + 4

    def block_length(self, layer: Layer[window.Affine]) -> int:
        assert layer.support is not None
        return offsets.block_of(layer.support)

    def _entries(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        return self.steps(layer, geometry) * offsets.offsets_per_word(self.block_length(layer))

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: the records of published.h."""
        assert layer.support is not None
        packed = offsets.pack(layer.constants["weight"], layer.support)
        per = self.record_channels
        records = -(-packed.value.shape[0] // per)
        fill = records * per - packed.value.shape[0]
        word = np.pad(packed.word, ((0, fill), (0, 0))).reshape(records, per, -1).transpose(0, 2, 1)
        value = np.pad(packed.value, ((0, fill), (0, 0))).reshape(records, per, -1, 4).transpose(0, 2, 1, 3)
        bias, rest = self.channel_parts(layer, records)
        return {"weights": self.joined(bias, word, value, rest)}


class PublishedConv(Published):
    name = "published_conv"
    operators = (ops.Conv2d, ops.Linear)
    pixels = 2


class PublishedConvXdec(PublishedConv):
    name = "published_conv_xdec"
    requires = frozenset({"xdec"})


class PublishedLinear(Published):
    name = "published_linear"
    operators = (ops.Linear,)
    pixels = 1


class PublishedLinearXdec(PublishedLinear):
    name = "published_linear_xdec"
    requires = frozenset({"xdec"})
    record_channels = 2


KERNELS = (PublishedConv(), PublishedConvXdec(), PublishedLinear(), PublishedLinearXdec())

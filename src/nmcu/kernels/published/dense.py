"""The dense loop of the published kernels' blocking, one channel by two pixels: what their gain is measured over."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.common import window
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import Packed
from nmcu.kernels.records.pairs import PairRecords

WORD = 4


class Dense1x2(PairRecords):
    """A step is a word of the reduction axis; taps are filled up to whole words."""

    name = "dense_1x2"
    operators = (ops.Conv2d, ops.Linear)
    requires = frozenset({"xcv"})
    packed = False
    baseline = True
    headers: ClassVar[tuple[str, ...]] = ("records.h", "published.h")
    folder: ClassVar[Path] = Path(__file__).parent

    def unsuitable(self, layer: Layer[window.Affine]) -> str | None:
        return None

    def steps(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        return geometry.kernel[0] * geometry.kernel[1] * align(geometry.input[2], WORD) // WORD

    def record_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        return 16 + WORD * self.steps(layer, geometry)

    def buffer_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """An odd number of words, so that the buffers start in different banks."""
        return align(WORD * self.steps(layer, geometry), 8) + 4

    def block_length(self, layer: Layer[window.Affine]) -> int:
        return WORD

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: the records of published.h."""
        weight = layer.constants["weight"]
        channels, depth = weight.shape[0], weight.shape[-1]
        taps = weight.reshape(channels, -1, depth)
        value = np.pad(taps, ((0, 0), (0, 0), (0, align(depth, WORD) - depth)))
        bias, rest = self.channel_parts(layer, channels)
        return {"weights": self.joined(bias, np.zeros((channels, 0), np.uint8), value, rest)}

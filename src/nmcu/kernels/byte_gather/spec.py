"""Byte gather kernels: sparse fully-connected layers of a single token."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer
from nmcu.kernels.common import window
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import Packed
from nmcu.kernels.records.token import TokenRecords
from nmcu.sparsity import Support, distances


class ByteGather(TokenRecords):
    """A step is four entries of `record_channels` output channels that share positions."""

    headers: ClassVar[tuple[str, ...]] = ("token.h", "byte_gather.h")
    folder: ClassVar[Path] = Path(__file__).parent

    def unsuitable(self, layer: Layer[window.Affine]) -> str | None:
        if layer.support is None:
            return "weights that are not N:M sparse, and over half of them not zero"
        return distances.refusal(layer.support, self.record_channels)

    def steps(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        return distances.entries_per_segment(self._support(layer), 1, geometry.input[2], 1) // 4

    def record_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        steps = self.steps(layer, geometry)
        return self.constant_bytes(layer) + align(1 + 4 * steps, 4) + 4 * steps * self.record_channels

    def buffer_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        return geometry.input[2] + 4

    def _support(self, layer: Layer[window.Affine]) -> Support:
        assert layer.support is not None
        return layer.support.in_groups(self.record_channels)

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: the records of byte_gather.h."""
        weight = layer.constants["weight"]
        packed = distances.pack(weight, self._support(layer), 1, weight.shape[1], 1)
        records = packed.distance.shape[0]
        fill = align(packed.distance.shape[1], 4) - packed.distance.shape[1]
        bias, rest = self.channel_parts(layer, records)
        distance = np.pad(packed.distance, ((0, 0), (0, fill)))
        value = packed.value.reshape(records, self.record_channels, -1)
        return {"weights": self.joined(bias, distance, self.in_order(value), rest)}

    def in_order(self, value: NDArray[np.int8]) -> NDArray[np.int8]:
        """Weights (records, channels, entries) in the order in which a record has them."""
        return value.reshape(*value.shape[:2], -1, 4).transpose(0, 2, 1, 3)


class ByteGatherG1(ByteGather):
    name = "byte_gather_g1"


class ByteGatherG4(ByteGather):
    name = "byte_gather_g4"
    record_channels = 4


KERNELS = (ByteGatherG1(), ByteGatherG4())

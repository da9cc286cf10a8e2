"""What kernels have in common whose records are values and packed offsets, an entry for each block of a 1:M pattern."""

from nmcu.graph import Layer
from nmcu.kernels.common import window
from nmcu.kernels.costs import Constants
from nmcu.kernels.kernel import align
from nmcu.kernels.records.base import Records
from nmcu.sparsity import offsets


class OffsetRecords(Records):
    """A step is a word of offsets: 8 entries for M = 8 and 16, 16 for M = 4."""

    def unsuitable(self, layer: Layer[window.Affine]) -> str | None:
        return offsets.refusal(layer.support)

    def steps(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        taps = geometry.kernel[0] * geometry.kernel[1]
        return offsets.words_per_channel(self.block_length(layer), taps, geometry.input[2])

    def reduction_cycles(
        self, layer: Layer[window.Affine], geometry: window.Geometry, cost: Constants
    ) -> float:
        """Of words of offsets, and of entries by eight."""
        words, entries = self.steps(layer, geometry), self.entries(layer, geometry)
        return words * cost["word"] + entries / 8 * cost["step"]

    def record_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        packed = 4 * self.steps(layer, geometry) + self.entries(layer, geometry)
        return self.constant_bytes(layer) + self.record_channels * packed

    def buffer_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """An odd number of words, so that the buffers start in different banks."""
        return align(self.entries(layer, geometry) * self.block_length(layer), 8) + 4

    def block_length(self, layer: Layer[window.Affine]) -> int:
        assert layer.support is not None
        return offsets.block_of(layer.support)

    def entries(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Of a channel, those behind the last block included."""
        return self.steps(layer, geometry) * offsets.offsets_per_word(self.block_length(layer))

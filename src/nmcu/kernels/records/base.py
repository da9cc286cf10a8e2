"""What kernels have in common whose weights are records of one or few output channels (records.h)."""

from abc import abstractmethod
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.kernels.body import CORE_V, Body, body
from nmcu.kernels.common import requantize, window
from nmcu.kernels.costs import Constants
from nmcu.kernels.kernel import Kernel, Machine
from nmcu.kernels.packed import Packed


class Records(Kernel[window.Affine]):
    """Records of `record_channels` output channels."""

    packed: ClassVar[bool] = True
    folder: ClassVar[Path]
    record_channels: ClassVar[int] = 1
    bias_in_round: ClassVar[bool] = False
    """In the narrow form a record has no bias: its round holds what the bias gives."""

    @abstractmethod
    def unsuitable(self, layer: Layer[window.Affine]) -> str | None:
        """Why the layer's weights are not this kernel's, or None."""

    @abstractmethod
    def steps(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Length of a channel's reduction in the kernel's own unit."""

    def reduction_cycles(
        self, layer: Layer[window.Affine], geometry: window.Geometry, cost: Constants
    ) -> float:
        """Predicted cycles of the inner loop for one block of outputs; linear in `cost`."""
        return self.steps(layer, geometry) * cost["step"]

    @abstractmethod
    def record_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Bytes of one record."""

    @abstractmethod
    def buffer_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Bytes of the copy of a window."""

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.Conv2d) and layer.op.groups != 1:
            return "grouped convolution"
        return self.unsuitable(layer)

    def likeness(self, layer: Layer[window.Affine]) -> Hashable:
        return window.likeness(layer)

    def constant_bytes(self, layer: Layer[window.Affine]) -> int:
        """Bytes of a record's `channel_parts`."""
        return (12 if self._without_bias(layer) else 16) * self.record_channels

    def channel_parts(self, layer: Layer[window.Affine], records: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """(bias; multiplier, round and shift of each channel in turn) of every record; no bias where there is none."""
        without = self._without_bias(layer)
        channels = np.zeros((4, records * self.record_channels), np.int32)
        channels[3] = 1
        channels[:, : layer.constants["weight"].shape[0]] = (
            requantize.bias_in_round(layer) if without else requantize.channel_constants(layer)
        )
        bias = channels[0].reshape(records, -1)
        rest = channels[1:].reshape(3, records, self.record_channels).transpose(1, 2, 0)
        return bias[:, : 0 if without else None], rest.reshape(records, -1)

    def _without_bias(self, layer: Layer[window.Affine]) -> bool:
        return self.bias_in_round and requantize.form(layer) == "narrow"

    def joined(
        self, bias: NDArray[Any], positions: NDArray[Any], value: NDArray[Any], rest: NDArray[Any]
    ) -> Packed:
        """Records from their parts, in this order, each an array of (records, anything)."""
        parts = (bias, positions, value, rest)
        rows = [np.ascontiguousarray(part).reshape(part.shape[0], -1).view(np.uint8) for part in parts]
        data = np.concatenate(rows, axis=1).tobytes()
        return Packed(data, index_bytes=positions.nbytes, requant_bytes=bias.nbytes + rest.nbytes)

    def own_body(self) -> Body:
        """The block function."""
        return body(self.folder, self.name, self.requires or CORE_V)

    def block_length(self, layer: Layer[window.Affine]) -> int:
        """M that the weights are packed by, 1 where no pattern is."""
        assert layer.support is not None
        return layer.support.block


def is_token(layer: Layer[window.Affine]) -> bool:
    """Whether it is a linear layer of a single token."""
    return layer.kind == "linear" and window.geometry(layer).output[:2] == (1, 1)

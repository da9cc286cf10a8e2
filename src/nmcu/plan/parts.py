"""Splitting a layer along its output channels, so that the constants of one part are small enough to stream."""

import dataclasses
from types import MappingProxyType

from nmcu.graph import Layer

PER_CHANNEL = ("weight", "bias", "multiplier", "shift")
STEP = 8
"""Parts start at multiples of this many output channels."""
SPLIT_KINDS = frozenset({"conv", "linear"})


def split(layer: Layer, constant_bytes: int, most_bytes: int) -> tuple[tuple[int, Layer], ...]:
    """(first output channel, layer restricted to its channels) of about equal parts of at most `most_bytes`."""
    channels = layer.outputs[0].shape[-1]
    count = -(-constant_bytes // most_bytes)
    if count <= 1 or layer.kind not in SPLIT_KINDS:
        return ((0, layer),)
    size = max(STEP, -(-channels // count) // STEP * STEP)
    return tuple(
        (first, _channels(layer, first, min(first + size, channels))) for first in range(0, channels, size)
    )


def _channels(layer: Layer, first: int, end: int) -> Layer:
    output = layer.outputs[0]
    constants = {
        name: array[first:end] if name in PER_CHANNEL else array for name, array in layer.constants.items()
    }
    narrowed = dataclasses.replace(output, shape=(*output.shape[:-1], end - first))
    return dataclasses.replace(layer, outputs=(narrowed,), constants=MappingProxyType(constants), whole=layer)

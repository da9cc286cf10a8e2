"""Inputs to try a network with."""

import numpy as np

from nmcu.graph.graph import Graph
from nmcu.graph.op import Array

FLOAT_QUANT = 1 / 32, 0
"""Scale and zero point of inputs that the network takes as float32: -4 to 4."""


def random_inputs(graph: Graph, seed: int = 0) -> dict[str, Array]:
    """Seeded random inputs by name in the model's own dtype and layout, spread over the whole int8 range."""
    rng = np.random.default_rng(seed)
    feeds: dict[str, Array] = {}
    for layer in graph.border.encoders:
        info = layer.inputs[0]
        if info.name in feeds:
            continue
        q = rng.integers(-128, 128, info.shape, np.int64)
        if info.dtype == "float32":
            scale, zero = layer.outputs[0].quant if layer.outputs[0].dtype == "int8" else FLOAT_QUANT
            feeds[info.name] = ((q - zero) * scale).astype(np.float32)
        else:
            feeds[info.name] = (q + (128 if info.dtype == "uint8" else 0)).astype(info.dtype)
    return feeds

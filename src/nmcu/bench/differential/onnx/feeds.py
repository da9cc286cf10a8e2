"""Inputs to try a network with."""

from collections.abc import Mapping

import numpy as np

from nmcu.bench.differential.onnx.network import Network
from nmcu.graph.op import Array


def feeds(net: Network) -> tuple[Mapping[str, Array], ...]:
    """Random codes of every input; then extremes, values far outside and, for float inputs, between two codes."""
    return tuple({name: _array(net, name, wild) for name in net.feeding} for wild in (False, True))


def _array(net: Network, name: str, wild: bool) -> Array:
    shape, (scale, zero), kind = net.feeding[name]
    codes = net.rng.integers(-128, 128, shape).astype(np.float64)
    if wild:
        codes = net.rng.choice([-128.0, 127.0, float(zero), codes.flat[0], -200.5, 200.5, 0.5, -7.5], shape)
    if kind == "float":
        return ((codes - zero) * scale).astype(np.float32)
    codes = np.clip(np.rint(codes), -128, 127)
    return (codes + 128).astype(np.uint8) if kind == "uint8" else codes.astype(np.int8)

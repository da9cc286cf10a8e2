"""One layer to try kernels with, and inputs for it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Builder, Layer, Op, TensorInfo

Array = NDArray[Any]


def one_layer(
    op: Op, constants: Mapping[str, Array], inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo]
) -> Layer:
    """The layer of a graph that has no other; shapes of `outputs` come from the operator's shape rule.

    Raises `ModelError` where shapes or constants do not fit the operator.
    """
    builder = Builder()
    device = [
        builder.input(TensorInfo(f"in{i}", x.shape, _border(x)), x, tuple(range(len(x.shape))))
        for i, x in enumerate(inputs)
    ]
    for i, y in enumerate(builder.add("layer", op, device, outputs, constants)):
        builder.output(y, TensorInfo(f"out{i}", y.shape, y.dtype), tuple(range(len(y.shape))), y.shape)
    (only,) = builder.finish().layers
    return only


def _border(x: TensorInfo) -> str:
    return "float32" if x.dtype == "float32" else "int8"


_UNUSUAL = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 3e38, -3e38, 1e-20, 0.5, 2.5], np.float32
)


def random_inputs(layer: Layer, seed: int = 0) -> list[Array]:
    """Random numbers for each input of `layer`, and more often than by chance the smallest and the largest integers,
    floats that are infinite, no number, zero or close to it."""
    rng = np.random.default_rng(seed)
    arrays: list[Array] = []
    for tensor in layer.inputs:
        dtype = np.dtype(tensor.dtype)
        if dtype.kind == "f":
            usual = rng.standard_normal(tensor.shape).astype(np.float32) * np.float32(4)
            arrays.append(np.where(rng.random(tensor.shape) < 0.2, rng.choice(_UNUSUAL, tensor.shape), usual))
            continue
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        x = rng.integers(least, most + 1, tensor.shape).astype(dtype)
        extreme = rng.random(tensor.shape) < 0.1
        arrays.append(np.where(extreme, np.where(x < 0, least, most), x).astype(dtype))
    return arrays

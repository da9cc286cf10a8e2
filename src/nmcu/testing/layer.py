"""One layer to try kernels with, and inputs for it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Builder, Layer, Op, TensorInfo

Array = NDArray[Any]
Int8 = NDArray[np.int8]


def one_layer(
    op: Op, constants: Mapping[str, Array], inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo]
) -> Layer:
    """The layer of a graph that has no other; shapes of `outputs` come from the operator's shape rule.

    Raises `ModelError` where shapes or constants do not fit the operator.
    """
    builder = Builder()
    device = [
        builder.input(TensorInfo(f"in{i}", x.shape, "int8"), x, tuple(range(len(x.shape))))
        for i, x in enumerate(inputs)
    ]
    for i, y in enumerate(builder.add("layer", op, device, outputs, constants)):
        builder.output(y, TensorInfo(f"out{i}", y.shape, y.dtype), tuple(range(len(y.shape))), y.shape)
    (only,) = builder.finish().layers
    return only


def random_inputs(layer: Layer, seed: int = 0) -> list[Int8]:
    """Random int8 for each input of `layer`, and more often than by chance the smallest and the largest."""
    rng = np.random.default_rng(seed)
    arrays = []
    for tensor in layer.inputs:
        x = rng.integers(-128, 128, tensor.shape).astype(np.int8)
        extreme = rng.random(tensor.shape) < 0.1
        arrays.append(np.where(extreme, np.where(x < 0, -128, 127), x).astype(np.int8))
    return arrays

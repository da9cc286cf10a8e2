"""Sparse constants of an ONNX file (`sparse_initializer`, `sparse_value`) become dense ones with zeros in them."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend import limits


def dense(name: str, dims: tuple[int, ...], values: NDArray[Any], indices: NDArray[Any]) -> NDArray[Any]:
    """The constant `name` of shape `dims`: `values` (n,) at `indices`, (n,) of the flattened tensor or (n, rank)."""
    size = math.prod(dims)
    if min(dims, default=1) < 0 or size * values.itemsize > limits.MAX_BYTES:
        raise ModelError(f"sparse constant {name!r} has shape {dims}, which is not valid or too large")
    positions = indices.astype(np.int64) if indices.dtype.kind in "iu" else np.full(1, -1)
    if positions.ndim == 2 and positions.shape[1] == len(dims):
        inside = ((positions >= 0) & (positions < np.array(dims, np.int64))).all()
        steps = [math.prod(dims[axis + 1 :]) for axis in range(len(dims))]
        positions = positions @ np.array(steps, np.int64) if inside else np.full(1, -1)
    fits = values.ndim == 1 and positions.shape == values.shape
    if not fits or ((positions < 0) | (positions >= size)).any():
        raise ModelError(
            f"sparse constant {name!r}: {values.size} values at indices of shape {indices.shape} do not fit its shape "
            f"{dims}; export the model again"
        )
    array = np.zeros(size, values.dtype)
    array[positions] = values
    array.flags.writeable = False
    return array.reshape(dims)

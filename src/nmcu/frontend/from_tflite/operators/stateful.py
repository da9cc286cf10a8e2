"""What operators share that bring their state along as variable tensors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.from_tflite import file as tf
from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower.shape import device_shape
from nmcu.graph import Op, TensorInfo


def state(c: Context, position: int, dtype: str) -> TensorInfo:
    """Variable input `position`, zero before the first call (its zero point where it is quantised)."""
    tensor = c.tensor(position)
    if tensor.dtype != dtype or tensor.data is not None:
        what = "a constant" if tensor.data is not None else tensor.dtype
        raise c.error(f"its state {tensor.name!r} is {what}; supported: a variable of {dtype}")
    zero, limits = int(tensor.zero_point[0]) if tensor.zero_point.size else 0, np.iinfo(np.dtype(dtype))
    if not limits.min <= zero <= limits.max:
        raise c.error(f"its state {tensor.name!r} has zero point {zero}, outside the range of {dtype}")
    info = TensorInfo(tensor.name, device_shape(tensor.shape), dtype, float(scale(c, tensor)), zero)
    info.check_size()
    return c.builder.state(info, np.full(info.shape, zero, np.dtype(dtype)))


def add(
    c: Context,
    op: Op,
    x: TensorInfo,
    states: Sequence[TensorInfo],
    y: TensorInfo,
    constants: Mapping[str, NDArray[Any]],
) -> TensorInfo:
    """The result of `op` on `x` and `states`, which have the values of its other outputs from the next call on."""
    after = [TensorInfo(f"{s.name} after", (), s.dtype, s.scale, s.zero_point) for s in states]
    made, *values = c.builder.add(c.name, op, [x, *states], [y, *after], constants)
    for held, value in zip(states, values, strict=True):
        c.builder.keep(held, value)
    return made


def matrix(c: Context, position: int) -> tuple[NDArray[np.int8], np.float32]:
    """Constant int8 weights (rows, columns) without zero point, and their one scale."""
    tensor, value = c.tensor(position), c.constant(position, "int8")
    if value.ndim != 2 or tensor.zero_point.any():
        raise c.error(
            f"weights {tensor.name!r} have shape {value.shape}; supported: matrices without a zero point"
        )
    return value, scale(c, tensor)


def scale(c: Context, tensor: tf.Tensor) -> np.float32:
    """The one scale of `tensor`."""
    if tensor.scale.size != 1 or not (np.isfinite(tensor.scale[0]) and tensor.scale[0] > 0):
        raise c.error(
            f"tensor {tensor.name!r} has {tensor.scale.size} scales or one that is not positive; one is needed"
        )
    return np.float32(tensor.scale[0])

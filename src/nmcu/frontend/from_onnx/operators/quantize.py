"""QuantizeLinear, DequantizeLinear and Clip on integers, of the standard and of com.microsoft."""

import dataclasses

import numpy as np

from nmcu.errors import counted
from nmcu.frontend.from_onnx import device
from nmcu.frontend.from_onnx.context import Array, Context, finite
from nmcu.frontend.from_onnx.values import Const, Pending, QuantConst, Quantised, Real, Source
from nmcu.graph import TensorInfo

_SHIFT = {np.dtype(np.int8): 0, np.dtype(np.uint8): 128}


def quantize_linear(c: Context) -> None:
    """An activation gets its scale; a constant is quantised now."""
    x = c.value(0)
    scale = _scale(c)
    zero = c.constant(2) if c.has(2) else np.zeros(scale.shape, _default_dtype(c))
    if zero.dtype not in _SHIFT or zero.size not in (1, scale.size):
        raise c.error(
            f"quantises to {zero.dtype} with {counted(zero.size, 'zero point')}; supported: int8 and uint8"
        )
    if isinstance(x, Const | QuantConst):
        c.write(Const(_quantised(c, x, scale, zero)))
        return
    if not isinstance(x, Pending | Real | Source):
        raise c.error("quantises integers; supported: float activations")
    if scale.size != 1:
        raise c.error(
            "an activation has one scale per channel; supported: one scale for the tensor, or a convolution's result "
            "that only depthwise convolutions read"
        )
    if isinstance(x, Source) and x.dtype != "float32":
        raise c.error(f"quantises the {x.dtype} input {x.name!r}; supported: float32")
    shift = _SHIFT[zero.dtype]
    wanted = TensorInfo(
        name=c.node.outputs[0],
        shape=(),
        scale=float(scale.reshape(-1)[0]),
        zero_point=int(zero.reshape(-1)[0]) - shift,
    )
    c.write(Quantised(c.node.name, x, wanted, unsigned=shift != 0))


def dequantize_linear(c: Context) -> None:
    """Integers to the real values they stand for."""
    x = c.value(0)
    scale = _scale(c)
    zero = c.constant(2) if c.has(2) else np.zeros(scale.shape, np.int8)
    if isinstance(x, Const):
        c.write(_constant(c, x.array, scale, zero))
        return
    if isinstance(x, Source) and x.dtype in ("int8", "uint8") and scale.size == zero.size == 1:
        shift = 128 if x.dtype == "uint8" else 0
        info = TensorInfo(
            x.name, (), scale=float(scale.reshape(-1)[0]), zero_point=int(zero.reshape(-1)[0]) - shift
        )
        _check_zero(c, info.zero_point)
        c.write(device.force(c, Quantised(c.node.name, x, info, unsigned=shift != 0, key=c.node.inputs[0])))
        return
    if not isinstance(x, Quantised):
        raise c.error("dequantises something that no QuantizeLinear wrote; supported: int8 and uint8")
    shift = 128 if x.unsigned else 0
    if scale.size != 1 or (float(scale.reshape(-1)[0]), int(zero.reshape(-1)[0]) - shift) != x.wanted.quant:
        raise c.error(f"has another scale or zero point than the QuantizeLinear {x.name!r} before it")
    c.write(device.force(c, x))


def clip_integers(c: Context, x: Quantised) -> None:
    """Clip between QuantizeLinear and DequantizeLinear (Brevitas: narrow range)."""
    shift = 128 if x.unsigned else 0
    lo = max(x.lo, int(c.scalar(1)) - shift) if c.has(1) else x.lo
    hi = min(x.hi, int(c.scalar(2)) - shift) if c.has(2) else x.hi
    c.write(dataclasses.replace(x, lo=lo, hi=hi))


def _scale(c: Context) -> Array:
    scale = c.constant(1)
    if scale.ndim > 1 or c.integer("block_size", 0):
        raise c.error(
            f"is quantised in blocks (scales of shape {scale.shape}); supported: one scale, or one per output channel"
        )
    if scale.dtype.kind != "f" or scale.size < 1 or not finite(scale) or not (scale > 0).all():
        raise c.error("the scale must be a positive, finite number, or one per channel")
    return scale.astype(np.float32)


def _default_dtype(c: Context) -> type[np.generic]:
    """Without a zero point the output is uint8, unless `output_dtype` (opset 21) says int8."""
    return np.int8 if c.integer("output_dtype", 0) == 3 else np.uint8


def _check_zero(c: Context, zero: int | None) -> None:
    if zero is None or not -128 <= zero <= 127:
        raise c.error("the zero point lies outside the 8-bit range")


def _axis(c: Context, rank: int) -> int:
    axis = c.integer("axis", 1)
    return axis + rank if axis < 0 else axis


def _along(c: Context, values: Array, rank: int, size: int) -> Array:
    """`values`, one or one per entry of the quantised axis, ready to broadcast."""
    if values.size == 1:
        return values.reshape(())
    if values.size != size:
        raise c.error(f"has {values.size} scales or zero points for {size} channels")
    shape = [1] * rank
    shape[_axis(c, rank)] = -1
    return values.reshape(shape)


def _quantised(c: Context, x: Const | QuantConst, scale: Array, zero: Array) -> Array:
    array = x.real if isinstance(x, QuantConst) else x.array
    if array.dtype.kind != "f" or not finite(array):
        raise c.error(f"quantises a constant of type {array.dtype} or with values that are not finite")
    size = _size(c, array, scale)
    s, z = _along(c, scale, array.ndim, size), _along(c, zero, array.ndim, size)
    limits = np.iinfo(zero.dtype)
    # As ONNX: a float32 division, rounded half to even.
    ratio = np.rint(array.astype(np.float32) / s).astype(np.float64)
    return np.clip(ratio + z, limits.min, limits.max).astype(zero.dtype)


def _size(c: Context, array: Array, scale: Array) -> int:
    if scale.size == 1:
        return 1
    axis = _axis(c, array.ndim)
    if not 0 <= axis < array.ndim:
        raise c.error(f"axis {axis} does not exist in shape {array.shape}")
    return int(array.shape[axis])


def _constant(c: Context, array: Array, scale: Array, zero: Array) -> QuantConst:
    if array.dtype not in (np.int8, np.uint8, np.int32) or zero.size not in (1, scale.size):
        raise c.error(f"dequantises a constant of type {array.dtype}; supported: int8, uint8 and int32")
    size = _size(c, array, scale)
    if scale.size not in (1, size):
        raise c.error(f"has {scale.size} scales for {size} channels")
    axis = _axis(c, array.ndim) if scale.size > 1 else 0
    zeros = zero.astype(np.int64).reshape(-1)
    if array.dtype == np.uint8:
        array, zeros = (array.astype(np.int16) - 128).astype(np.int8), zeros - 128
    return QuantConst(array, scale.reshape(-1), zeros, axis)

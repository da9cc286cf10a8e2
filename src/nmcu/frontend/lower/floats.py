"""Float sections: float32 tensors on the device, computed in soft float."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.lower import shape
from nmcu.frontend.lower.clamp import NONE, Clamp
from nmcu.graph import Builder, TensorInfo, ops


def named(name: str) -> TensorInfo:
    """A float32 tensor called `name`."""
    return TensorInfo(name, (), "float32")


def constant(b: Builder, name: str, value: NDArray[Any]) -> TensorInfo:
    """`value` as a tensor."""
    data = np.ascontiguousarray(value, np.float32)
    return b.add(name, ops.FloatConstant(), [], [named(name)], {"value": data})[0]


def dequantize(b: Builder, x: TensorInfo) -> TensorInfo:
    """What the int8 tensor `x` stands for."""
    op, constants = ops.FloatTable.dequantize(x)
    return b.add(f"{x.name} to float", op, [x], [named(f"{x.name} to float")], constants)[0]


def rescale(b: Builder, name: str, sums: TensorInfo, scale: NDArray[Any]) -> TensorInfo:
    """What the accumulators `sums` stand for; `scale` is one for all or one for each channel (last axis)."""
    factor = np.unique(np.asarray(scale, np.float32))
    factor = factor if factor.size == 1 else np.asarray(scale, np.float32)
    constants = {"scale": factor}
    return b.add(f"{name} rescale", ops.Dequantize(), [sums], [named(f"{name} to float")], constants)[0]


def quantize(b: Builder, name: str, x: TensorInfo, y: TensorInfo) -> TensorInfo:
    """`x` with the scale and zero point of `y`."""
    scale, zero = y.quant
    return b.add(name, ops.Quantize(scale=scale, zero_point=zero), [x], [y])[0]


def apply(
    b: Builder, name: str, function: str, x: TensorInfo, alpha: float = 0.0, beta: float = 0.0
) -> TensorInfo:
    """A function of each value (`graph.float32.UNARY`)."""
    op = ops.FloatMap(function=function, alpha=float(np.float32(alpha)), beta=float(np.float32(beta)))
    return b.add(name, op, [x], [named(f"{name} result")])[0]


def clip(b: Builder, name: str, x: TensorInfo, limits: Clamp) -> TensorInfo:
    """`x` clamped; `x` itself where the clamp is open."""
    return x if limits == NONE else apply(b, name, "clip", x, limits.lo, limits.hi)


def pair(b: Builder, name: str, function: str, x: TensorInfo, y: TensorInfo) -> TensorInfo:
    """A function of two values (`graph.float32.BINARY`), broadcast."""
    return b.add(name, ops.FloatPair(function=function), [x, y], [named(f"{name} result")])[0]


def scalar(b: Builder, name: str, function: str, x: TensorInfo, value: float) -> TensorInfo:
    """The same of `x` and a number."""
    other = constant(b, f"{name} constant", np.full((1,) * len(x.shape), value))
    return pair(b, name, function, x, other)


def rows(b: Builder, name: str, function: str, x: TensorInfo, axes: Sequence[int]) -> TensorInfo:
    """A function of the values along `axes` (`graph.float32.ROWS`); the axes stay, a reduced one with size 1."""
    rank = len(x.shape)
    order = (*(a for a in range(rank) if a not in axes), *(a for a in range(rank) if a in axes))
    moved = shape.transpose(b, f"{name} order", x, order, f"{name} order")
    whole = moved.shape
    kept = [x.shape[a] for a in range(rank) if a not in axes]
    width = int(np.prod([x.shape[a] for a in axes], dtype=np.int64))
    outer = int(np.prod(kept, dtype=np.int64))
    flat = shape.reshape(b, f"{name} rows", moved, (outer, width), f"{name} rows")
    made = b.add(name, ops.FloatRows(function=function), [flat], [named(f"{name} result")])[0]
    if made.shape[-1] == 1 and width != 1:
        whole = (*kept, *(1 for _ in axes))
    back = shape.reshape(b, f"{name} shape", made, whole, f"{name} shape")
    return shape.transpose(
        b, f"{name} back", back, tuple(order.index(a) for a in range(rank)), f"{name} back"
    )


def layer_norm(
    b: Builder,
    name: str,
    x: TensorInfo,
    axes: Sequence[int],
    epsilon: float,
    gamma: TensorInfo | None,
    beta: TensorInfo | None,
) -> TensorInfo:
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, mean and variance over `axes`."""
    mean = rows(b, f"{name} mean", "mean", x, axes)
    centred = pair(b, f"{name} centred", "sub", x, mean)
    square = apply(b, f"{name} square", "square", centred)
    variance = rows(b, f"{name} variance", "mean", square, axes)
    total = scalar(b, f"{name} epsilon", "add", variance, epsilon)
    y = pair(b, name, "mul", centred, apply(b, f"{name} rsqrt", "rsqrt", total))
    y = y if gamma is None else pair(b, f"{name} scale", "mul", y, gamma)
    return y if beta is None else pair(b, f"{name} bias", "add", y, beta)


def l2_norm(b: Builder, name: str, x: TensorInfo, axes: Sequence[int], least: float) -> TensorInfo:
    """`x / sqrt(max(sum(x**2), least))` over `axes`."""
    total = rows(b, f"{name} sum", "sum", apply(b, f"{name} square", "square", x), axes)
    total = scalar(b, f"{name} least", "max", total, least)
    return pair(b, name, "mul", x, apply(b, f"{name} rsqrt", "rsqrt", total))

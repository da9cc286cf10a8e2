"""Pooling, and reductions over any axes, which are pooling over one long window."""

import math
from collections.abc import Collection
from typing import Literal

from nmcu.frontend.lower import clamp
from nmcu.frontend.lower.elementwise import clip, requantize, table
from nmcu.frontend.lower.shape import named, reshape, transpose
from nmcu.graph import Builder, TensorInfo, ops

Reduction = Literal["mean", "sum", "max", "min"]

Pair = tuple[int, int]
Pads = tuple[int, int, int, int]


def average(
    b: Builder,
    name: str,
    x: TensorInfo,
    y: TensorInfo,
    kernel: Pair,
    strides: Pair,
    pads: Pads = (0, 0, 0, 0),
    activation: clamp.Clamp = clamp.NONE,
    total: bool = False,
) -> TensorInfo:
    """The mean over windows, or the `total`; padding does not count."""
    lo, hi = activation.bounds(y)
    op, constants = ops.AveragePool.build(
        name, x, y, kernel=kernel, strides=strides, pads=pads, total=total, lo=lo, hi=hi
    )
    return b.add(name, op, [x], [y], constants)[0]


def maximum(
    b: Builder,
    name: str,
    x: TensorInfo,
    y: TensorInfo,
    kernel: Pair,
    strides: Pair,
    pads: Pads = (0, 0, 0, 0),
) -> TensorInfo:
    """The largest value of each window, then the quantisation of `y`."""
    op = ops.MaxPool(kernel=kernel, strides=strides, pads=pads)
    same = TensorInfo(y.name, (), scale=x.scale, zero_point=x.zero_point)
    if x.quant == y.quant:
        return b.add(name, op, [x], [y])[0]
    pooled = b.add(name, op, [x], [same])[0]
    return requantize(b, f"{name} requantize", pooled, y)


def reduce(
    b: Builder,
    name: str,
    x: TensorInfo,
    shape: tuple[int, ...],
    axes: Collection[int],
    y: TensorInfo,
    how: Reduction,
    activation: clamp.Clamp = clamp.NONE,
) -> TensorInfo:
    """`x`, seen as `shape`, reduced over `axes`, one of them longer than 1; the others stay in their order.

    The largest and the smallest value keep the quantisation of `x`.
    """
    long = [a for a, size in enumerate(shape) if size != 1]
    inside = [a for a in long if a in axes]
    if any(a not in axes for a in long if inside[0] < a < inside[-1]):
        kept = [a for a in range(len(shape)) if a not in axes]
        whole = reshape(b, f"{name} whole", x, shape, f"{y.name} whole")
        x = transpose(b, f"{name} order", whole, (*kept, *sorted(axes)), f"{y.name} order")
        shape = x.shape
        inside = [a for a in range(len(kept), len(shape)) if shape[a] != 1]
    if x.shape == shape and len(shape) == 4 and shape[0] == 1 and inside == [1, 2]:
        kernel = (shape[1], shape[2])
    else:
        outer, inner = math.prod(shape[: inside[0]]), math.prod(shape[inside[-1] + 1 :])
        kernel = (1, x.size // (outer * inner))
        x = reshape(b, f"{name} in", x, (1, outer, kernel[1], inner), f"{y.name} in")
    if how in ("max", "min"):
        made = _extreme(b, name, x, y, kernel, how == "max")
        return clip(b, f"{name} clip", made, activation)
    return average(b, name, x, y, kernel, (1, 1), activation=activation, total=how == "sum")


def _extreme(b: Builder, name: str, x: TensorInfo, y: TensorInfo, kernel: Pair, largest: bool) -> TensorInfo:
    """The largest value of each window, or the negative of the largest negative."""
    if largest:
        return maximum(b, name, x, named(x, y.name), kernel, (1, 1))
    turned = negative(b, f"{name} in", x, f"{y.name} turned")
    pooled = maximum(b, name, turned, named(turned, f"{y.name} pooled"), kernel, (1, 1))
    return negative(b, f"{name} out", pooled, y.name)


def negative(b: Builder, name: str, x: TensorInfo, output: str) -> TensorInfo:
    """`-x`, exactly: code -1 - q with zero point -1 - z stands for it."""
    scale, zero = x.quant
    y = TensorInfo(output, (), scale=scale, zero_point=-1 - zero)
    return table(b, name, x, y, "neg", lambda v: -v)

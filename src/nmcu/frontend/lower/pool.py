"""Pooling."""

from nmcu.frontend.lower import clamp
from nmcu.frontend.lower.elementwise import requantize
from nmcu.graph import Builder, TensorInfo, ops

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
) -> TensorInfo:
    """The mean over windows; padding does not count."""
    lo, hi = activation.bounds(y)
    op, constants = ops.AveragePool.build(name, x, y, kernel=kernel, strides=strides, pads=pads, lo=lo, hi=hi)
    return b.add(name, op, [x], [y], constants)[0]


def global_average(
    b: Builder, name: str, x: TensorInfo, y: TensorInfo, activation: clamp.Clamp = clamp.NONE
) -> TensorInfo:
    """The mean over height and width, (1, 1, 1, C)."""
    return average(b, name, x, y, (x.shape[1], x.shape[2]), (1, 1), activation=activation)


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

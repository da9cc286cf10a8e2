"""Softmax, log-softmax, argmax: all over the last axis."""

import dataclasses

from nmcu.frontend.lower.pool import negative
from nmcu.graph import Builder, TensorInfo, ops


def softmax(b: Builder, name: str, x: TensorInfo, y: TensorInfo, beta: float = 1.0) -> TensorInfo:
    """Softmax over the last axis of `beta * x`."""
    op, constants = ops.Softmax.build(name, dataclasses.replace(x, scale=beta * x.quant[0]), y)
    return b.add(name, op, [x], [y], constants)[0]


def log_softmax(b: Builder, name: str, x: TensorInfo, y: TensorInfo) -> TensorInfo:
    """Logarithm of softmax over the last axis of `x`."""
    op, constants = ops.LogSoftmax.build(name, x, y)
    return b.add(name, op, [x], [y], constants)[0]


def arg_max(b: Builder, name: str, x: TensorInfo, output: str, smallest: bool = False) -> TensorInfo:
    """Index of the largest (or smallest) value along the last axis of `x`, int32, the axis kept with size 1."""
    if smallest:
        x = negative(b, f"{name} in", x, f"{output} turned")
    return b.add(name, ops.ArgMax(), [x], [TensorInfo(output, (), "int32")])[0]

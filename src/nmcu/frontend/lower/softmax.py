"""Softmax, log-softmax, argmax: all over the last axis."""

from nmcu.graph import Builder, TensorInfo, ops


def softmax(b: Builder, name: str, x: TensorInfo, y: TensorInfo) -> TensorInfo:
    """Softmax over the last axis of `x`."""
    op, constants = ops.Softmax.build(name, x, y)
    return b.add(name, op, [x], [y], constants)[0]


def log_softmax(b: Builder, name: str, x: TensorInfo, y: TensorInfo) -> TensorInfo:
    """Logarithm of softmax over the last axis of `x`."""
    op, constants = ops.LogSoftmax.build(name, x, y)
    return b.add(name, op, [x], [y], constants)[0]


def arg_max(b: Builder, name: str, x: TensorInfo, output: str) -> TensorInfo:
    """Index of the largest value along the last axis of `x`, int32, the axis kept with size 1."""
    return b.add(name, ops.ArgMax(), [x], [TensorInfo(output, (), "int32")])[0]

"""Softmax."""

from nmcu.graph import Builder, TensorInfo, ops


def softmax(b: Builder, name: str, x: TensorInfo, y: TensorInfo) -> TensorInfo:
    """Softmax over the last axis of `x`."""
    op, constants = ops.Softmax.build(name, x, y)
    return b.add(name, op, [x], [y], constants)[0]

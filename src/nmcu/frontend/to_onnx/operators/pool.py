"""Pooling, channels first."""

import numpy as np

from nmcu.errors import ModelError
from nmcu.frontend.to_onnx.writer import Result, Writer
from nmcu.graph import Layer, ops


def average_pool(w: Writer, layer: Layer, op: ops.AveragePool) -> Result:
    """AveragePool without the padding, or ReduceSum."""
    if op.total:
        return _sum(w, layer, op)
    return _pool(w, layer, op, "AveragePool")


def max_pool(w: Writer, layer: Layer, op: ops.MaxPool) -> Result:
    """MaxPool."""
    return _pool(w, layer, op, "MaxPool")


def _sum(w: Writer, layer: Layer, op: ops.AveragePool) -> Result:
    """The total over a window as large as the map, or as one axis of it."""
    size = layer.inputs[0].shape[1:3]
    axes = [2 + i for i in (0, 1) if op.kernel[i] == size[i] > 1]
    if any(op.kernel[i] not in (1, size[i]) for i in (0, 1)):
        raise ModelError(f"layer {layer.name!r} adds up small windows, which no ONNX operator stands for")
    x = w.real(layer.inputs[0], "first")
    name = f"{layer.outputs[0].name} float"
    over = w.constant(np.array(axes, np.int64), f"{name} axes")
    return w.node("ReduceSum", [x, over], name, layer.name, keepdims=1, noop_with_empty_axes=1), "first"


def _pool(w: Writer, layer: Layer, op: ops.AveragePool | ops.MaxPool, kind: str) -> Result:
    name = w.node(
        kind,
        [w.real(layer.inputs[0], "first")],
        f"{layer.outputs[0].name} float",
        layer.name,
        kernel_shape=op.kernel,
        strides=op.strides,
        pads=op.pads,
    )
    return name, "first"

"""Pooling, channels first."""

from nmcu.frontend.to_onnx.writer import Result, Writer
from nmcu.graph import Layer, ops


def average_pool(w: Writer, layer: Layer, op: ops.AveragePool) -> Result:
    """AveragePool without the padding."""
    return _pool(w, layer, op, "AveragePool")


def max_pool(w: Writer, layer: Layer, op: ops.MaxPool) -> Result:
    """MaxPool."""
    return _pool(w, layer, op, "MaxPool")


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

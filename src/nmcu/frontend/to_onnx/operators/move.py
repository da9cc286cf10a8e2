"""Operators that move data, and constants."""

import numpy as np

from nmcu.frontend.to_onnx.writer import TO_FIRST, Layout, Result, Writer
from nmcu.graph import Layer, ops


def pad(w: Writer, layer: Layer, op: ops.Pad) -> Result:
    """Pad with the real value of the code."""
    name, (scale, zero) = layer.outputs[0].name, layer.outputs[0].quant
    pads = w.constant(np.array([*op.before, *op.after], np.int64), f"{name} pads")
    value = w.constant(np.array((op.value - zero) * scale, np.float32), f"{name} value")
    return w.node("Pad", [w.real(layer.inputs[0]), pads, value], f"{name} float", layer.name), "last"


def reshape(w: Writer, layer: Layer, op: ops.Reshape) -> Result:
    """Reshape of the channels-last value; the factor and the offset between two quantisations of the same codes."""
    (x,), (y,) = layer.inputs, layer.outputs
    (x_scale, x_zero), (y_scale, y_zero) = x.quant, y.quant
    layout = w.native(x) if x.shape == y.shape else "last"
    real = w.real(x, layout)
    if x.shape != y.shape:
        shape = w.constant(np.array(op.shape, np.int64), f"{y.name} shape")
        real = w.node("Reshape", [real, shape], f"{y.name} shaped", layer.name)
    for kind, value, neutral in (("Mul", y_scale / x_scale, 1.0), ("Add", (x_zero - y_zero) * y_scale, 0.0)):
        if value != neutral:
            factor = w.constant(np.array(value, np.float32), f"{y.name} {kind}")
            real = w.node(kind, [real, factor], f"{y.name} {kind} float")
    return real, layout


def transpose(w: Writer, layer: Layer, op: ops.Transpose) -> Result:
    """Transpose of the channels-last value."""
    return w.unary(layer, "Transpose", perm=op.perm)


def concat(w: Writer, layer: Layer, op: ops.Concat) -> Result:
    """Concat."""
    layout = w.common(layer.inputs)
    names = [w.real(x, layout) for x in layer.inputs]
    axis = TO_FIRST.index(op.axis) if layout == "first" else op.axis
    return w.node("Concat", names, f"{layer.outputs[0].name} float", layer.name, axis=axis), layout


def slice_(w: Writer, layer: Layer, op: ops.Slice) -> Result:
    """Slice over all axes."""
    layout, name = w.common(layer.inputs), layer.outputs[0].name
    order = TO_FIRST if layout == "first" else range(len(op.shape))
    ends = [a + s * (n - 1) + 1 for a, s, n in zip(op.starts, op.steps, op.shape, strict=True)]
    lists = {"starts": op.starts, "ends": ends, "axes": sorted(order), "steps": op.steps}
    names = [
        w.constant(
            np.array([v[a] for a in (sorted(order) if k == "axes" else order)], np.int64), f"{name} {k}"
        )
        for k, v in lists.items()
    ]
    return w.node("Slice", [w.real(layer.inputs[0], layout), *names], f"{name} float", layer.name), layout


def constant(w: Writer, layer: Layer, op: ops.Constant) -> None:
    """DequantizeLinear of the constant."""
    info, value = layer.outputs[0], layer.constants["value"]
    layout: Layout = "first" if value.ndim == 4 else "last"
    integers = w.constant(value.transpose(TO_FIRST) if layout == "first" else value, f"{info.name} integers")
    w.dequantize(integers, info, layout)

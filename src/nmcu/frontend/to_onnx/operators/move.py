"""Operators that move data, and constants."""

import numpy as np

from nmcu.frontend.to_onnx.writer import TO_FIRST, Layout, Result, Writer
from nmcu.graph import Layer, ops

FIRST = -(2**31)
"""An end before the first element: -1 would be the last one."""


def pad(w: Writer, layer: Layer, op: ops.Pad) -> Result:
    """Pad with the real value of the code."""
    y = layer.outputs[0]
    name, (scale, zero) = y.name, (1.0, 0) if y.scale is None else y.quant
    pads = w.constant(np.array([*op.before, *op.after], np.int64), f"{name} pads")
    value = w.constant(np.array((op.value - zero) * scale, np.float32), f"{name} value")
    return w.node("Pad", [w.real(layer.inputs[0]), pads, value], f"{name} float", layer.name), "last"


def reshape(w: Writer, layer: Layer, op: ops.Reshape) -> Result:
    """Reshape of the channels-last value; the factor and the offset between two quantisations of the same codes."""
    (x,), (y,) = layer.inputs, layer.outputs
    (x_scale, x_zero), (y_scale, y_zero) = ((1.0, 0), (1.0, 0)) if x.scale is None else (x.quant, y.quant)
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
    """Slice over all axes; Expand where elements repeat."""
    layout, name = w.common(layer.inputs), layer.outputs[0].name
    order = list(TO_FIRST if layout == "first" else range(len(op.shape)))
    counts = [n if s else 1 for n, s in zip(op.shape, op.steps, strict=True)]
    steps = [s or 1 for s in op.steps]
    ends = [a + s * n for a, s, n in zip(op.starts, steps, counts, strict=True)]
    ends = [e if e >= 0 else FIRST for e in ends]
    lists = {"starts": op.starts, "ends": ends, "axes": range(len(order)), "steps": steps}
    names = [
        w.constant(np.array(v if k == "axes" else [v[a] for a in order], np.int64), f"{name} {k}")
        for k, v in lists.items()
    ]
    made = w.node("Slice", [w.real(layer.inputs[0], layout), *names], f"{name} float", layer.name)
    if 0 in op.steps:
        shape = w.constant(np.array([op.shape[a] for a in order], np.int64), f"{name} shape")
        made = w.node("Expand", [made, shape], f"{name} repeated")
    return made, layout


def gather(w: Writer, layer: Layer, op: ops.Gather) -> Result:
    """Gather along the axis."""
    layout, name = w.common(layer.inputs), layer.outputs[0].name
    axis = TO_FIRST.index(op.axis) if layout == "first" else op.axis
    indices = w.constant(layer.constants["indices"].astype(np.int64), f"{name} indices")
    inputs = [w.real(layer.inputs[0], layout), indices]
    return w.node("Gather", inputs, f"{name} float", layer.name, axis=axis), layout


def constant(w: Writer, layer: Layer, op: ops.Constant) -> None:
    """DequantizeLinear of the constant."""
    info, value = layer.outputs[0], layer.constants["value"]
    layout: Layout = "first" if value.ndim == 4 else "last"
    integers = w.constant(value.transpose(TO_FIRST) if layout == "first" else value, f"{info.name} integers")
    w.dequantize(integers, info, layout)

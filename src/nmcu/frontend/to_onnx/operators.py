"""One function per operator: the float nodes that stand for it between DequantizeLinear and QuantizeLinear.

Each returns the float result's name and its layout.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend.to_onnx.writer import Layout, Writer
from nmcu.graph import Layer, ops

Result = tuple[str, Layout]


def conv2d(w: Writer, layer: Layer, op: ops.Conv2d) -> Result:
    """Conv, channels first."""
    weight = layer.constants["weight"].transpose(0, 3, 1, 2)
    return _conv(w, layer, op, weight, op.groups)


def depthwise(w: Writer, layer: Layer, op: ops.Depthwise) -> Result:
    """Conv with one group per channel."""
    weight = layer.constants["weight"].transpose(2, 0, 1)[:, np.newaxis]
    return _conv(w, layer, op, weight, weight.shape[0])


def linear(w: Writer, layer: Layer, op: ops.Linear) -> Result:
    """Gemm."""
    names = [w.real(layer.inputs[0]), *_parameters(w, layer, op, layer.constants["weight"])]
    return w.node("Gemm", names, f"{layer.outputs[0].name} float", layer.name, transB=1), "last"


def add(w: Writer, layer: Layer, op: ops.Add) -> Result:
    """Add or Sub."""
    layout = _common(w, layer)
    names = [w.real(x, layout) for x in layer.inputs]
    kind = "Sub" if op.multiplier_b < 0 else "Add"
    return w.node(kind, names, f"{layer.outputs[0].name} float", layer.name), layout


def average_pool(w: Writer, layer: Layer, op: ops.AveragePool) -> Result:
    """AveragePool without the padding."""
    return _pool(w, layer, op, "AveragePool")


def max_pool(w: Writer, layer: Layer, op: ops.MaxPool) -> Result:
    """MaxPool."""
    return _pool(w, layer, op, "MaxPool")


def softmax(w: Writer, layer: Layer, op: ops.Softmax) -> Result:
    """Softmax over the channels."""
    return _simple(w, layer, "Softmax", axis=-1)


def pad(w: Writer, layer: Layer, op: ops.Pad) -> Result:
    """Pad with the real value of the code."""
    name, (scale, zero) = layer.outputs[0].name, layer.outputs[0].quant
    pads = w.constant(np.array([*op.before, *op.after], np.int64), f"{name} pads")
    value = w.constant(np.array((op.value - zero) * scale, np.float32), f"{name} value")
    return w.node("Pad", [w.real(layer.inputs[0]), pads, value], f"{name} float", layer.name), "last"


def reshape(w: Writer, layer: Layer, op: ops.Reshape) -> Result:
    """Reshape of the channels-last value."""
    name = layer.outputs[0].name
    shape = w.constant(np.array(op.shape, np.int64), f"{name} shape")
    return w.node("Reshape", [w.real(layer.inputs[0]), shape], f"{name} float", layer.name), "last"


def transpose(w: Writer, layer: Layer, op: ops.Transpose) -> Result:
    """Transpose of the channels-last value."""
    return _simple(w, layer, "Transpose", perm=op.perm)


def constant(w: Writer, layer: Layer, op: ops.Constant) -> Result:
    """DequantizeLinear of the constant."""
    info = layer.outputs[0]
    integers = w.constant(layer.constants["value"], f"{info.name} integers")
    w.dequantize(integers, info, "last")
    return w.real(info), "last"


def table(w: Writer, layer: Layer, op: ops.Table) -> Result:
    """Nothing but a change of scale, or a lookup by code that any runtime can execute."""
    x, y, entries = layer.inputs[0], layer.outputs[0], layer.constants["table"]
    layout = w.native(x)
    if entries.ndim != 1:
        raise ModelError(f"node {layer.name!r}: a table per channel cannot be written as QDQ ONNX")
    if np.array_equal(entries, ops.Table.build(op.function, x, y, lambda v: v)[1]["table"]):
        return w.real(x, layout), layout
    for kind, function in _NAMED.items():
        if np.array_equal(entries, ops.Table.build(op.function, x, y, function)[1]["table"]):
            return w.node(kind, [w.real(x, layout)], f"{y.name} float", layer.name), layout
    scale, zero = x.quant
    codes = w.node(
        "Div", [w.real(x, layout), w.constant(np.array(scale, np.float32), "scale")], f"{y.name} steps"
    )
    offset = w.constant(np.array(zero + 128.5, np.float32), "offset")
    index = w.node("Cast", [w.node("Add", [codes, offset], f"{y.name} index float")], f"{y.name} index", to=7)
    reals = ((entries.astype(np.float64) - y.quant[1]) * y.quant[0]).astype(np.float32)
    values = w.constant(reals, f"{y.name} table")
    return w.node("Gather", [values, index], f"{y.name} float", layer.name), layout


def _relu(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(x, 0.0)


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-x))
    return result


_NAMED: Mapping[str, ops.table.Function] = MappingProxyType(
    {"Relu": _relu, "Sigmoid": _sigmoid, "Tanh": np.tanh}
)


def _common(w: Writer, layer: Layer) -> Layout:
    """Channels first if every input of rank 4 was written so and all have rank 4."""
    first = all(len(x.shape) == 4 and w.native(x) == "first" for x in layer.inputs)
    return "first" if first else "last"


def _simple(w: Writer, layer: Layer, kind: str, **attributes: Any) -> Result:
    name = f"{layer.outputs[0].name} float"
    return w.node(kind, [w.real(layer.inputs[0])], name, layer.name, **attributes), "last"


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


def _conv(
    w: Writer, layer: Layer, op: ops.Conv2d | ops.Depthwise, weight: NDArray[np.int8], groups: int
) -> Result:
    names = [w.real(layer.inputs[0], "first"), *_parameters(w, layer, op, weight)]
    name = w.node(
        "Conv",
        names,
        f"{layer.outputs[0].name} float",
        layer.name,
        kernel_shape=weight.shape[2:],
        strides=op.strides,
        pads=op.pads,
        dilations=op.dilations,
        group=groups,
    )
    return name, "first"


def _parameters(
    w: Writer, layer: Layer, op: ops.Conv2d | ops.Depthwise | ops.Linear, weight: NDArray[np.int8]
) -> list[str]:
    """DequantizeLinear of weights and bias, output channels first; the input zero point is taken out again."""
    scale = np.array(op.weight_scale, np.float32)
    sums = weight.reshape(len(weight), -1).sum(axis=1, dtype=np.int64)
    bias = layer.constants["bias"].astype(np.int64) + op.input_zero_point * sums
    if np.abs(bias).max(initial=0) >= 2**31:
        raise ModelError(f"node {layer.name!r}: the bias does not fit int32")
    bias_scale = (layer.inputs[0].quant[0] * scale.astype(np.float64)).astype(np.float32)
    return [
        _dequantized(w, f"{layer.name} weight", weight, scale),
        _dequantized(w, f"{layer.name} bias", bias.astype(np.int32), bias_scale),
    ]


def _dequantized(w: Writer, name: str, integers: NDArray[Any], scale: NDArray[np.float32]) -> str:
    inputs = [w.constant(integers, f"{name} integers"), w.constant(scale, f"{name} scale")]
    inputs.append(w.constant(np.zeros(len(scale), integers.dtype), f"{name} zero_point"))
    return w.node("DequantizeLinear", inputs, name, axis=0)


Export = Callable[[Writer, Layer, Any], Result]

EXPORTS: Mapping[type[ops.Op], Export] = MappingProxyType(
    {
        ops.Add: add,
        ops.AveragePool: average_pool,
        ops.Constant: constant,
        ops.Conv2d: conv2d,
        ops.Depthwise: depthwise,
        ops.Linear: linear,
        ops.MaxPool: max_pool,
        ops.Pad: pad,
        ops.Reshape: reshape,
        ops.Softmax: softmax,
        ops.Table: table,
        ops.Transpose: transpose,
    }
)

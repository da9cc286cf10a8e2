"""Layers in float32: the nodes they were read from, or such as compute the same."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from nmcu.errors import ModelError
from nmcu.frontend.to_onnx.writer import Result, Writer
from nmcu.graph import Layer, ops


def same(w: Writer, layer: Layer, op: ops.Op) -> Result:
    """Nothing: values between nodes are real ones already."""
    return w.real(layer.inputs[0]), "last"


def table(w: Writer, layer: Layer, op: ops.FloatTable) -> Result:
    """Nothing for plain values; else a lookup by code."""
    x, y, entries = layer.inputs[0], layer.outputs[0], layer.constants["table"]
    if np.array_equal(entries, ops.FloatTable.dequantize(x)[1]["table"]):
        return same(w, layer, op)
    scale, zero = x.quant
    step = w.constant(np.array(scale, np.float32), "scale")
    codes = w.node("Div", [w.real(x), step], f"{y.name} steps", layer.name)
    offset = w.constant(np.array(zero + 128.5, np.float32), "offset")
    index = w.node("Cast", [w.node("Add", [codes, offset], f"{y.name} index float")], f"{y.name} index", to=7)
    if entries.ndim == 2:
        rows = w.constant(256 * np.arange(len(entries), dtype=np.int64), f"{y.name} rows")
        index = w.node("Add", [index, rows], f"{y.name} index in rows")
    values = w.constant(entries.reshape(-1), f"{y.name} table")
    return w.node("Gather", [values, index], f"{y.name} float"), "last"


def constant(w: Writer, layer: Layer, op: ops.FloatConstant) -> Result:
    """An initializer."""
    return w.constant(layer.constants["value"], f"{layer.outputs[0].name} value"), "last"


_UNARY: Mapping[str, str] = MappingProxyType(
    {
        "abs": "Abs",
        "exp": "Exp",
        "log": "Log",
        "neg": "Neg",
        "reciprocal": "Reciprocal",
        "sigmoid": "Sigmoid",
        "softplus": "Softplus",
        "sqrt": "Sqrt",
        "tanh": "Tanh",
    }
)
_PARAMETERS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "elu": ("Elu", ("alpha",)),
        "hardsigmoid": ("HardSigmoid", ("alpha", "beta")),
        "leakyrelu": ("LeakyRelu", ("alpha",)),
    }
)


def unary(w: Writer, layer: Layer, op: ops.FloatMap) -> Result:
    """The function's node, or two or three of them."""
    x, y = w.real(layer.inputs[0]), layer.outputs[0].name
    if op.function in _UNARY:
        return w.unary(layer, _UNARY[op.function])
    if op.function in _PARAMETERS:
        kind, names = _PARAMETERS[op.function]
        return w.unary(layer, kind, **{name: getattr(op, name) for name in names})
    match op.function:
        case "clip":
            bounds = [
                w.constant(np.array(v, np.float32), f"{y} {key}") if np.isfinite(v) else ""
                for key, v in (("lo", op.alpha), ("hi", op.beta))
            ]
            return w.node("Clip", [x, *bounds], f"{y} float", layer.name), "last"
        case "hardswish":
            return w.unary(layer, "HardSwish")
        case "rsqrt":
            return w.node("Reciprocal", [w.node("Sqrt", [x], f"{y} root")], f"{y} float", layer.name), "last"
        case "silu":
            gate = w.node("Sigmoid", [x], f"{y} gate")
            return w.node("Mul", [x, gate], f"{y} float", layer.name), "last"
        case "square":
            return w.node("Mul", [x, x], f"{y} float", layer.name), "last"
    raise ModelError(
        f"node {layer.name!r} is {op.function} in a float section, which ONNX of opset 17 has no operator for"
    )


def binary(w: Writer, layer: Layer, op: ops.FloatPair) -> Result:
    """Add, Sub, Mul, Div, Min, Max."""
    names = [w.real(x) for x in layer.inputs]
    return w.node(op.function.capitalize(), names, f"{layer.outputs[0].name} float", layer.name), "last"


_ROWS: Mapping[str, Callable[[Writer, Layer], Result]] = MappingProxyType(
    {
        "softmax": lambda w, layer: w.unary(layer, "Softmax", axis=-1),
        "logsoftmax": lambda w, layer: w.unary(layer, "LogSoftmax", axis=-1),
        "mean": lambda w, layer: w.unary(layer, "ReduceMean", axes=[-1]),
        "max": lambda w, layer: w.unary(layer, "ReduceMax", axes=[-1]),
        "min": lambda w, layer: w.unary(layer, "ReduceMin", axes=[-1]),
    }
)


def rows(w: Writer, layer: Layer, op: ops.FloatRows) -> Result:
    """Over the last axis."""
    if op.function in _ROWS:
        return _ROWS[op.function](w, layer)
    axes = w.constant(np.array([-1], np.int64), f"{layer.outputs[0].name} axes")
    name = f"{layer.outputs[0].name} float"
    return w.node("ReduceSum", [w.real(layer.inputs[0]), axes], name, layer.name), "last"

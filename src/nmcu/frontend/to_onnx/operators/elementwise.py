"""Operators on two tensors, and tables."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.to_onnx.writer import Result, Writer
from nmcu.graph import Layer, ops


def add(w: Writer, layer: Layer, op: ops.Add) -> Result:
    """Add or Sub."""
    return _binary(w, layer, "Sub" if op.multiplier_b < 0 else "Add")


def mul(w: Writer, layer: Layer, op: ops.Mul) -> Result:
    """Mul."""
    return _binary(w, layer, "Mul")


def div(w: Writer, layer: Layer, op: ops.Div) -> Result:
    """Div."""
    return _binary(w, layer, "Div")


def squared_difference(w: Writer, layer: Layer, op: ops.SquaredDifference) -> Result:
    """Sub, and Mul of its result with itself."""
    difference, layout = _binary(w, layer, "Sub")
    name = f"{layer.outputs[0].name} square"
    return w.node("Mul", [difference, difference], name), layout


def extremum(w: Writer, layer: Layer, op: ops.Extremum) -> Result:
    """Max or Min."""
    return _binary(w, layer, "Max" if op.maximum else "Min")


def table(w: Writer, layer: Layer, op: ops.Table) -> Result:
    """Nothing but a change of scale, or a lookup by code that any runtime can execute."""
    x, y, entries = layer.inputs[0], layer.outputs[0], layer.constants["table"]
    layout = w.native(x) if entries.ndim == 1 else "last"
    real = w.real(x, layout)
    if _equals(entries, op, layer, lambda v: v):
        return real, layout
    for kind, function in _NAMED.items():
        if _equals(entries, op, layer, function):
            return w.node(kind, [real], f"{y.name} float", layer.name), layout
    scale, zero = x.quant
    step = w.constant(np.array(scale, np.float32), "scale")
    codes = w.node("Div", [real, step], f"{y.name} steps", layer.name)
    offset = w.constant(np.array(zero + 128.5, np.float32), "offset")
    index = w.node("Cast", [w.node("Add", [codes, offset], f"{y.name} index float")], f"{y.name} index", to=7)
    if entries.ndim == 2:
        rows = w.constant(256 * np.arange(len(entries), dtype=np.int64), f"{y.name} rows")
        index = w.node("Add", [index, rows], f"{y.name} index in rows")
    reals = ((entries.reshape(-1).astype(np.float64) - y.quant[1]) * y.quant[0]).astype(np.float32)
    values = w.constant(reals, f"{y.name} table")
    return w.node("Gather", [values, index], f"{y.name} float"), layout


def _binary(w: Writer, layer: Layer, kind: str) -> Result:
    layout = w.common(layer.inputs)
    names = [w.real(x, layout) for x in layer.inputs]
    return w.node(kind, names, f"{layer.outputs[0].name} float", layer.name), layout


def _equals(entries: NDArray[np.int8], op: ops.Table, layer: Layer, function: ops.table.Function) -> bool:
    built = ops.Table.build(op.function, layer.inputs[0], layer.outputs[0], function)[1]["table"]
    return bool(np.array_equal(entries, built))


def _relu(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(x, 0.0)


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-x))
    return result


_NAMED: Mapping[str, ops.table.Function] = MappingProxyType(
    {"Relu": _relu, "Sigmoid": _sigmoid, "Tanh": np.tanh}
)

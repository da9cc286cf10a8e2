"""Element-wise operators: requantisation, tables, add."""

import dataclasses

import numpy as np

from nmcu.frontend.lower import clamp
from nmcu.graph import Builder, TensorInfo, ops
from nmcu.graph.ops.table import Function


def table(b: Builder, name: str, x: TensorInfo, y: TensorInfo, function: str, real: Function) -> TensorInfo:
    """`real` applied to every element, through a table."""
    op, constants = ops.Table.build(function, x, y, real)
    return b.add(name, op, [x], [y], constants)[0]


def requantize(b: Builder, name: str, x: TensorInfo, y: TensorInfo) -> TensorInfo:
    """`x` with the scale and zero point of `y`; `x` itself where they are equal."""
    if x.quant == y.quant:
        return x
    return table(b, name, x, y, "requantize", lambda v: v)


def add(
    b: Builder,
    name: str,
    pair: tuple[TensorInfo, TensorInfo],
    y: TensorInfo,
    sign: int = 1,
    activation: clamp.Clamp = clamp.NONE,
) -> TensorInfo:
    """`pair[0] + sign * pair[1]`."""
    lo, hi = activation.bounds(y)
    op, constants = ops.Add.build(name, *pair, y, sign=sign, lo=lo, hi=hi)
    return b.add(name, op, list(pair), [y], constants)[0]


def combine(
    b: Builder,
    name: str,
    operator: type[ops.Mul] | type[ops.Div],
    pair: tuple[TensorInfo, TensorInfo],
    y: TensorInfo,
    activation: clamp.Clamp = clamp.NONE,
) -> TensorInfo:
    """The product or the quotient of `pair`."""
    lo, hi = activation.bounds(y)
    op, constants = operator.build(name, *pair, y, lo=lo, hi=hi)
    return b.add(name, op, list(pair), [y], constants)[0]


def squared_difference(
    b: Builder, name: str, pair: tuple[TensorInfo, TensorInfo], y: TensorInfo
) -> TensorInfo:
    """`(pair[0] - pair[1])**2`."""
    op, constants = ops.SquaredDifference.build(name, *pair, y)
    return b.add(name, op, list(pair), [y], constants)[0]


def extremum(
    b: Builder, name: str, pair: tuple[TensorInfo, TensorInfo], y: TensorInfo, maximum: bool
) -> TensorInfo:
    """The larger or the smaller of two tensors, each first brought to the quantisation of `y`."""
    same = [
        requantize(b, f"{name} input {i}", x, renamed(y, f"{x.name} as {y.name}")) for i, x in enumerate(pair)
    ]
    return b.add(name, ops.Extremum(maximum=maximum), same, [y])[0]


def clip(b: Builder, name: str, x: TensorInfo, activation: clamp.Clamp) -> TensorInfo:
    """`x` clamped; `x` itself where the clamp is open."""
    if activation.bounds(x) == (-128, 127):
        return x
    y = renamed(x, f"{x.name} clipped")
    return table(b, name, x, y, "clip", lambda v: np.clip(v, activation.lo, activation.hi))


def renamed(y: TensorInfo, name: str) -> TensorInfo:
    """The quantisation of `y` under another name."""
    return dataclasses.replace(y, name=name, shape=())


_COMPOSITES = {
    ("Sigmoid", "Mul"): "silu",
    ("HardSigmoid", "Mul"): "hardswish",
    ("Softplus", "Tanh", "Mul"): "mish",
    ("Div", "Erf", "Add", "Mul", "Mul"): "gelu",
    ("Div", "Erf", "Add", "Mul"): "gelu",
    ("Add", "Clip", "Mul", "Div"): "hardswish",
    ("Add", "Clip", "Div", "Mul"): "hardswish",
}


def function_name(functions: tuple[str, ...]) -> str:
    """The user-facing word for a chain of element-wise operators: the operator, a known composite, or `table`."""
    if len(functions) == 1:
        return functions[0].lower()
    return _COMPOSITES.get(functions, "table")

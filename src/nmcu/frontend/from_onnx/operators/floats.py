"""Nodes in float sections, computed in float32."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from nmcu.frontend.from_onnx import device, floats, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.values import Const, Floats, QuantConst
from nmcu.frontend.lower import floats as lower
from nmcu.frontend.lower.shape import device_shape, reshape
from nmcu.graph import Builder, TensorInfo, ops

Unary = Callable[[Context, Builder, TensorInfo], TensorInfo]


def _function(name: str, **defaults: float) -> Unary:
    """`name` of `graph.float32.UNARY`, its parameters the node's attributes."""

    def emit(c: Context, b: Builder, x: TensorInfo) -> TensorInfo:
        return lower.apply(b, c.node.name, name, x, *(c.attribute(k, v) for k, v in defaults.items()))

    return emit


def _hardswish(c: Context, b: Builder, x: TensorInfo) -> TensorInfo:
    return lower.apply(b, c.node.name, "hardswish", x, 1 / 6, 0.5)


def _mish(c: Context, b: Builder, x: TensorInfo) -> TensorInfo:
    inner = lower.apply(b, f"{c.node.name} softplus", "softplus", x)
    return lower.pair(b, c.node.name, "mul", x, lower.apply(b, f"{c.node.name} tanh", "tanh", inner))


def _softsign(c: Context, b: Builder, x: TensorInfo) -> TensorInfo:
    size = lower.scalar(b, f"{c.node.name} size", "add", lower.apply(b, f"{c.node.name} abs", "abs", x), 1.0)
    return lower.pair(b, c.node.name, "div", x, size)


def _swish(c: Context, b: Builder, x: TensorInfo) -> TensorInfo:
    alpha = c.attribute("alpha", 1.0)
    if alpha == 1.0:
        return lower.apply(b, c.node.name, "silu", x)
    inner = lower.scalar(b, f"{c.node.name} alpha", "mul", x, alpha)
    gate = lower.apply(b, f"{c.node.name} sigmoid", "sigmoid", inner)
    return lower.pair(b, c.node.name, "mul", x, gate)


def _gelu(c: Context, b: Builder, x: TensorInfo) -> TensorInfo:
    if c.attribute("approximate", "none") != "tanh":
        raise c.error(
            "is in a float section, which computes GELU by tanh only (approximate='tanh'); quantise what it reads"
        )
    return lower.apply(b, c.node.name, "gelu_tanh", x)


UNARY: Mapping[str, Unary] = MappingProxyType(
    {
        "Abs": _function("abs"),
        "Elu": _function("elu", alpha=1.0),
        "Exp": _function("exp"),
        "Gelu": _gelu,
        "HardSigmoid": _function("hardsigmoid", alpha=0.2, beta=0.5),
        "HardSwish": _hardswish,
        "LeakyRelu": _function("leakyrelu", alpha=0.01),
        "Log": _function("log"),
        "Mish": _mish,
        "Neg": _function("neg"),
        "Reciprocal": _function("reciprocal"),
        "Sigmoid": _function("sigmoid"),
        "Softplus": _function("softplus"),
        "Softsign": _softsign,
        "Sqrt": _function("sqrt"),
        "Swish": _swish,
        "Tanh": _function("tanh"),
    }
)
"""Functions of one value."""


def unary(c: Context) -> None:
    """A function of each value."""
    x = floats.input_(c, 0)
    c.write(dataclasses.replace(x, tensor=UNARY[c.node.op](c, c.builder, x.tensor)))


def clip(c: Context) -> None:
    """With constant bounds."""
    x = floats.input_(c, 0)
    lo = c.scalar(1) if c.has(1) else -math.inf
    hi = c.scalar(2) if c.has(2) else math.inf
    if c.node.op == "Relu":
        lo = 0.0
    if not lo <= hi:
        raise c.error(f"has bounds {lo} and {hi}, which are not an interval")
    c.write(dataclasses.replace(x, tensor=lower.apply(c.builder, c.node.name, "clip", x.tensor, lo, hi)))


def binary(c: Context) -> None:
    """Of two activations, or of one and a constant."""
    if len(c.node.inputs) != 2:
        raise c.error(f"has {len(c.node.inputs)} inputs in a float section; supported: 2")
    values = c.value(0), c.value(1)
    try:
        result = tuple(np.broadcast_shapes(*(tuple(v.shape) for v in values)))
    except ValueError:
        raise c.error(f"shapes {values[0].shape} and {values[1].shape} do not broadcast") from None
    axes = next(
        (
            floats.input_(c, i).axes
            for i, v in enumerate(values)
            if not isinstance(v, Const | QuantConst) and tuple(v.shape) == result
        ),
        layout.default(len(result)),
    )
    a, b = (floats.operand(c, value, i, axes) for i, value in enumerate(values))
    made = lower.pair(c.builder, c.node.name, c.node.op.lower(), a, b)
    wanted = device_shape(layout.permuted(result, axes))
    made = reshape(c.builder, f"{c.node.name} shape", made, wanted, f"{made.name} shape")
    c.write(Floats(made, result, axes))


_POWERS = {-1.0: "reciprocal", -0.5: "rsqrt", 0.5: "sqrt", 2.0: "square"}


def power(c: Context) -> None:
    """With the constant exponent 2, 1/2, -1/2 or -1."""
    exponent = c.scalar(1)
    if exponent not in _POWERS:
        raise c.error(f"has exponent {exponent:g} in a float section; supported: 2, 0.5, -0.5 and -1")
    x = floats.input_(c, 0)
    c.write(dataclasses.replace(x, tensor=lower.apply(c.builder, c.node.name, _POWERS[exponent], x.tensor)))


def softmax(c: Context) -> None:
    """Along one axis."""
    x = floats.input_(c, 0)
    function = "logsoftmax" if c.node.op == "LogSoftmax" else "softmax"
    c.write(_rows(c, x, function, _axes(c, x, (c.integer("axis", -1),))))


_REDUCTIONS = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "max", "ReduceMin": "min"}


def reduce(c: Context) -> None:
    """Over any axes."""
    x = floats.input_(c, 0)
    given = c.constant_ints(1) if c.has(1) else c.attribute("axes", ())
    if not given and c.integer("noop_with_empty_axes", 0) == 1:
        c.write(x)
        return
    axes = _axes(c, x, given or tuple(range(len(x.shape))))
    y = _rows(c, x, _REDUCTIONS[c.node.op], axes)
    if c.integer("keepdims", 1) != 1:
        kept = tuple(d for a, d in enumerate(x.shape) if a not in axes)
        y = floats.of(c, device.reshaped(c, y, kept, f"{c.node.name} shape"))
    c.write(y)


def global_average_pool(c: Context) -> None:
    """The mean over all axes behind the channels."""
    x = floats.input_(c, 0)
    c.write(_rows(c, x, "mean", _axes(c, x, tuple(range(2, len(x.shape))))))


def layer_normalization(c: Context) -> None:
    """Over the last axes."""
    x = floats.input_(c, 0)
    (first,) = _axes(c, x, (c.integer("axis", -1),))
    if any(c.node.outputs[1:]):
        raise c.error("gives mean or deviation, which is not supported")
    full = _full(c, x)
    places = [x.axes.index(a) for a in range(first, len(x.shape))]
    gamma, beta = (
        reshape(c.builder, f"{c.node.name} {key}", tensor, _ordered(c, i, x), f"{tensor.name} full")
        if (tensor := floats.operand(c, c.value(i), i, x.axes) if c.has(i) else None) is not None
        else None
        for i, key in ((1, "scale"), (2, "bias"))
    )
    epsilon = float(c.attribute("epsilon", 1e-5))
    made = lower.layer_norm(c.builder, c.node.name, full, places, epsilon, gamma, beta)
    c.write(_back(c, made, x.shape, x))


def lp_normalization(c: Context) -> None:
    """By the Euclidean length along one axis."""
    x = floats.input_(c, 0)
    if c.integer("p", 2) != 2:
        raise c.error("p is not 2, which is not supported")
    places = [x.axes.index(a) for a in _axes(c, x, (c.integer("axis", -1),))]
    made = lower.l2_norm(c.builder, c.node.name, _full(c, x), places, 0.0)
    c.write(_back(c, made, x.shape, x))


def concat(c: Context) -> None:
    """Along any axis."""
    shapes = [tuple(v.shape) for v in map(c.value, range(len(c.node.inputs)))]
    rank, first = len(shapes[0]), shapes[0]
    axis = c.axis(c.integer("axis", 0), rank)
    if any(len(s) != rank or s[:axis] + s[axis + 1 :] != first[:axis] + first[axis + 1 :] for s in shapes):
        raise c.error(f"shapes {shapes} differ outside axis {axis}")
    axes = layout.default(rank)
    parts = [
        reshape(c.builder, f"{c.node.name} part {i}", tensor, layout.permuted(s, axes), f"{tensor.name} {i}")
        for i, s in enumerate(shapes)
        for tensor in (floats.operand(c, c.value(i), i, axes),)
    ]
    made = c.builder.add(
        c.node.name, ops.Concat(axis=axes.index(axis)), parts, [lower.named(f"{c.node.name} result")]
    )[0]
    new = (*first[:axis], sum(s[axis] for s in shapes), *first[axis + 1 :])
    wanted = device_shape(layout.permuted(new, axes))
    c.write(Floats(reshape(c.builder, f"{c.node.name} out", made, wanted, f"{made.name} out"), new, axes))


def batch_normalization(c: Context) -> None:
    """With constant statistics: a factor and an offset per channel."""
    x = floats.input_(c, 0)
    gamma, beta, mean, variance = (c.constant(i).astype(np.float64).reshape(-1) for i in range(1, 5))
    if len({gamma.size, beta.size, mean.size, variance.size, *x.shape[1:2]}) != 1:
        raise c.error(f"has parameters that do not fit input {x.shape}")
    gain = gamma / np.sqrt(variance + c.attribute("epsilon", 1e-5))
    rank = (-1, *(1 for _ in x.shape[2:]))
    y = x.tensor
    for function, values in (("mul", gain), ("add", beta - mean * gain)):
        other = floats.operand(c, Const(values.reshape(rank)), 0, x.axes)
        y = lower.pair(c.builder, f"{c.node.name} {function}", function, y, other)
    c.write(dataclasses.replace(x, tensor=y))


def _axes(c: Context, x: Floats, axes: Sequence[int]) -> tuple[int, ...]:
    found = tuple(a + len(x.shape) if a < 0 else a for a in axes)
    if any(not 0 <= a < len(x.shape) for a in found):
        raise c.error(f"axes {tuple(axes)} do not exist in shape {x.shape}")
    return found


def _rows(c: Context, x: Floats, function: str, axes: Sequence[int]) -> Floats:
    """A function of the values along the model's `axes`, which stay."""
    places = [x.axes.index(a) for a in axes]
    made = lower.rows(c.builder, c.node.name, function, _full(c, x), places)
    kept = x.shape
    if function in _REDUCTIONS.values():
        kept = tuple(1 if a in axes else d for a, d in enumerate(x.shape))
    return _back(c, made, kept, x)


def _full(c: Context, x: Floats) -> TensorInfo:
    """The tensor of `x` with all axes of the model."""
    value = device.unflatten(c, x)
    full = layout.permuted(value.shape, x.axes)
    return reshape(c.builder, f"{c.node.name} in", value.tensor, full, f"{value.tensor.name} full")


def _ordered(c: Context, position: int, x: Floats) -> tuple[int, ...]:
    """The shape of constant input `position`, raised to the rank of `x`, in its order."""
    given = tuple(c.value(position).shape)
    return layout.permuted((1,) * (len(x.shape) - len(given)) + given, x.axes)


def _back(c: Context, made: TensorInfo, shape: layout.Shape, x: Floats) -> Floats:
    """`made`, which has all axes of the model, as a value of `shape` in the order of `x`."""
    wanted = device_shape(layout.permuted(shape, x.axes))
    return Floats(reshape(c.builder, f"{c.node.name} out", made, wanted, f"{made.name} out"), shape, x.axes)

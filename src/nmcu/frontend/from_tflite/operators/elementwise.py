"""Arithmetic, activations and softmax."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import attention, elementwise, functions, shape
from nmcu.frontend.lower import softmax as lower
from nmcu.frontend.lower.clamp import NONE, RELU, RELU6, Clamp
from nmcu.graph import ops
from nmcu.graph.ops.table import Function, Real


def add(c: Context) -> None:
    """`a + b`."""
    activation = c.activation(c.options(tflite.AddOptions).FusedActivationFunction())
    c.write(elementwise.add(c.builder, c.name, (c.operand(0), c.operand(1)), c.y(), 1, activation))


def sub(c: Context) -> None:
    """`a - b`."""
    activation = c.activation(c.options(tflite.SubOptions).FusedActivationFunction())
    c.write(elementwise.add(c.builder, c.name, (c.operand(0), c.operand(1)), c.y(), -1, activation))


def mul(c: Context) -> None:
    """`a * b`."""
    activation = c.activation(c.options(tflite.MulOptions).FusedActivationFunction())
    c.write(elementwise.combine(c.builder, c.name, ops.Mul, (c.operand(0), c.operand(1)), c.y(), activation))


def div(c: Context) -> None:
    """`a / b`, in exact arithmetic where LiteRT 2.3.0 answers full scale; a divisor of 0 gives the end of the range."""
    activation = c.activation(c.options(tflite.DivOptions).FusedActivationFunction())
    if not _with_constant(c, "div", np.divide, activation):
        c.write(
            elementwise.combine(c.builder, c.name, ops.Div, (c.operand(0), c.operand(1)), c.y(), activation)
        )


def squared_difference(c: Context) -> None:
    """`(a - b)**2`."""
    if not _with_constant(c, "squared_difference", lambda a, b: (a - b) ** 2):
        pair = c.operand(0), c.operand(1)
        c.write(elementwise.squared_difference(c.builder, c.name, pair, c.y()))


def power(c: Context) -> None:
    """A constant exponent or a constant base."""
    if not _with_constant(c, "pow", np.power):
        raise c.error("raises an activation to the power of another; supported: one of them constant")


def minimum(c: Context) -> None:
    """The smaller of two."""
    _extremum(c, maximum=False)


def maximum(c: Context) -> None:
    """The larger of two."""
    _extremum(c, maximum=True)


def softmax(c: Context) -> None:
    """Softmax over the last axis, with any positive beta."""
    beta = float(c.options(tflite.SoftmaxOptions).Beta())
    if not (math.isfinite(beta) and beta > 0):
        raise c.error(f"beta is {beta}; supported: a positive number")
    c.write(lower.softmax(c.builder, c.name, c.x(), c.y(), beta))


def log_softmax(c: Context) -> None:
    """Over the last axis."""
    c.write(lower.log_softmax(c.builder, c.name, c.x(), c.y()))


def prelu(c: Context) -> None:
    """Slopes are constants, one or one per channel."""
    x, slope, (scale, zero) = c.x(0), c.codes(1), c.spec(c.op.inputs[1]).quant
    if slope.size not in (1, x.shape[-1]) or slope.size != math.prod(slope.shape[-1:]):
        raise c.error(f"has slopes of shape {slope.shape}; supported: one, or one per channel")
    rows = ((slope.astype(np.float64) - zero) * scale).reshape(-1, 1)
    rows = rows[0] if rows.size == 1 else rows
    c.write(elementwise.table(c.builder, c.name, x, c.y(), "prelu", lambda v: np.where(v < 0, rows * v, v)))


def leaky_relu(c: Context) -> None:
    """Slope `alpha` for negative values."""
    alpha = float(c.options(tflite.LeakyReluOptions).Alpha())
    _table(c, "leakyrelu", lambda v: np.where(v < 0, alpha * v, v))


def neg(c: Context) -> None:
    """`-a`, with scales and zero points, which LiteRT 2.3.0 ignores."""
    _table(c, "neg", lambda v: -v)


def gelu(c: Context) -> None:
    """Exact, or its tanh approximation."""
    approximate = bool(c.options(tflite.GeluOptions).Approximate())
    _table(c, "gelu", functions.gelu_tanh if approximate else functions.gelu)


def l2_normalization(c: Context) -> None:
    """Over the last axis: each row divided by the root of its sum of squares."""
    activation = c.activation(c.options(tflite.L2NormOptions).FusedActivationFunction())
    x = c.x()
    c.write(attention.l2_norm(c.builder, c.name, x, c.y(), activation))


def _with_constant(
    c: Context, word: str, function: Callable[[Real, Real], Real], activation: Clamp = NONE
) -> bool:
    """Write the output as a table if one of two inputs is a constant, for all values or for each channel."""
    given = [position for position in (0, 1) if c.tensor(position).data is not None]
    if len(given) != 1:
        return False
    (position,) = given
    codes, (scale, zero) = c.codes(position), c.spec(c.op.inputs[position]).quant
    x, shape_ = c.x(1 - position), c.file.tensors[c.op.outputs[0]].shape
    together = codes.size == math.prod(codes.shape[-1:]) and math.prod(shape_) == x.size
    if not together or codes.size not in (1, x.shape[-1]):
        return False
    rows = ((codes.astype(np.float64) - zero) * scale).reshape(-1, 1)
    rows = rows[0] if rows.size == 1 else rows

    def real(v: Real) -> Real:
        result = function(v, rows) if position else function(rows, v)
        return np.clip(result, activation.lo, activation.hi)

    y = elementwise.table(c.builder, c.name, x, c.y(), word, real)
    c.write(shape.reshape(c.builder, f"{c.name} out", y, c.device_shape(), f"{y.name} out"))
    return True


def _extremum(c: Context, maximum: bool) -> None:
    pair = c.operand(0), c.operand(1)
    for x in pair:
        c.check_same(x)
    c.write(elementwise.extremum(c.builder, c.name, pair, c.y(), maximum))


def _table(c: Context, word: str, function: Function) -> None:
    c.write(elementwise.table(c.builder, c.name, c.x(), c.y(), word, function))


def _clamped(word: str, limits: Clamp) -> Callable[[Context], None]:
    return _named(word, lambda v: np.clip(v, limits.lo, limits.hi))


def _named(word: str, function: Function) -> Callable[[Context], None]:
    return lambda c: _table(c, word, function)


TABLES: Mapping[str, Callable[[Context], None]] = MappingProxyType(
    {
        "ABS": _named("abs", np.abs),
        "ELU": _named("elu", lambda v: np.where(v > 0, v, np.expm1(np.minimum(v, 0)))),
        "EXP": _named("exp", np.exp),
        "GELU": gelu,
        "HARD_SWISH": _named("hardswish", lambda v: v * np.clip(v + 3.0, 0.0, 6.0) / 6.0),
        "LEAKY_RELU": leaky_relu,
        "LOG": _named("log", np.log),
        "LOGISTIC": _named("sigmoid", lambda v: 1.0 / (1.0 + np.exp(-v))),
        "NEG": neg,
        "POW": power,
        "PRELU": prelu,
        "RELU": _clamped("relu", RELU),
        "RELU6": _clamped("relu6", RELU6),
        "RELU_N1_TO_1": _clamped("clip", Clamp(-1.0, 1.0)),
        "RSQRT": _named("rsqrt", lambda v: 1.0 / np.sqrt(v)),
        "SQRT": _named("sqrt", np.sqrt),
        "TANH": _named("tanh", np.tanh),
    }
)
"""Functions of one value by operator name."""

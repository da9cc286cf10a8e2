"""Arithmetic, activations and softmax."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import elementwise, functions
from nmcu.frontend.lower import softmax as lower
from nmcu.frontend.lower.clamp import RELU, RELU6, Clamp
from nmcu.graph.ops.table import Function


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
    c.write(elementwise.mul(c.builder, c.name, (c.operand(0), c.operand(1)), c.y(), activation))


def minimum(c: Context) -> None:
    """The smaller of two."""
    _extremum(c, maximum=False)


def maximum(c: Context) -> None:
    """The larger of two."""
    _extremum(c, maximum=True)


def softmax(c: Context) -> None:
    """Softmax over the last axis, beta 1."""
    beta = c.options(tflite.SoftmaxOptions).Beta()
    if beta != 1.0:
        raise c.error(f"beta is {beta}; supported: 1")
    c.write(lower.softmax(c.builder, c.name, c.x(), c.y()))


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


def gelu(c: Context) -> None:
    """Exact, or its tanh approximation."""
    approximate = bool(c.options(tflite.GeluOptions).Approximate())
    _table(c, "gelu", functions.gelu_tanh if approximate else functions.gelu)


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
        "LOGISTIC": _named("sigmoid", lambda v: 1.0 / (1.0 + np.exp(-v))),
        "NEG": _named("neg", lambda v: -v),
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

"""Operators in float sections, computed in float32."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import tflite

from nmcu.frontend.from_tflite import floats
from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import floats as lower
from nmcu.frontend.lower.clamp import Clamp
from nmcu.frontend.lower.shape import reshape
from nmcu.graph import TensorInfo, ops

Parameters = Callable[[Context], tuple[float, ...]]


def _no_parameters(c: Context) -> tuple[float, ...]:
    return ()


def _gelu(c: Context) -> tuple[float, ...]:
    if not c.options(tflite.GeluOptions).Approximate():
        raise c.error(
            "is in a float section, which computes GELU by tanh only (approximate); quantise what it reads"
        )
    return ()


_UNARY: Mapping[str, tuple[str, Parameters]] = MappingProxyType(
    {
        "ABS": ("abs", _no_parameters),
        "ELU": ("elu", lambda c: (1.0,)),
        "EXP": ("exp", _no_parameters),
        "GELU": ("gelu_tanh", _gelu),
        "HARD_SWISH": ("hardswish", lambda c: (1 / 6, 0.5)),
        "LEAKY_RELU": ("leakyrelu", lambda c: (float(c.options(tflite.LeakyReluOptions).Alpha()),)),
        "LOG": ("log", _no_parameters),
        "LOGISTIC": ("sigmoid", _no_parameters),
        "NEG": ("neg", _no_parameters),
        "RELU": ("clip", lambda c: (0.0, math.inf)),
        "RELU6": ("clip", lambda c: (0.0, 6.0)),
        "RELU_N1_TO_1": ("clip", lambda c: (-1.0, 1.0)),
        "RSQRT": ("rsqrt", _no_parameters),
        "SQRT": ("sqrt", _no_parameters),
        "SQUARE": ("square", _no_parameters),
        "TANH": ("tanh", _no_parameters),
    }
)
"""Functions of one value: the routine and its parameters."""


def unary(c: Context) -> None:
    """A function of each value."""
    function, parameters = _UNARY[c.op.code]
    c.write(lower.apply(c.builder, c.name, function, floats.x(c), *parameters(c)))


_BINARY: Mapping[str, tuple[str, type | None]] = MappingProxyType(
    {
        "ADD": ("add", tflite.AddOptions),
        "DIV": ("div", tflite.DivOptions),
        "MAXIMUM": ("max", None),
        "MINIMUM": ("min", None),
        "MUL": ("mul", tflite.MulOptions),
        "SQUARED_DIFFERENCE": ("sub", None),
        "SUB": ("sub", tflite.SubOptions),
    }
)
"""Functions of two values: the routine and the options that name a fused activation."""


def binary(c: Context) -> None:
    """Of two activations, or of one and a constant, broadcast."""
    function, options = _BINARY[c.op.code]
    limits = c.activation(c.options(options).FusedActivationFunction()) if options else Clamp()
    made = lower.pair(c.builder, c.name, function, floats.x(c, 0), floats.x(c, 1))
    if c.op.code == "SQUARED_DIFFERENCE":
        made = lower.apply(c.builder, f"{c.name} square", "square", made)
    made = lower.clip(c.builder, f"{c.name} clip", made, limits)
    c.write(reshape(c.builder, f"{c.name} shape", made, c.device_shape(), f"{c.name} shape"))


def softmax(c: Context) -> None:
    """Over the last axis."""
    x = floats.x(c)
    beta = float(c.options(tflite.SoftmaxOptions).Beta()) if c.op.code == "SOFTMAX" else 1.0
    if beta != 1.0:
        x = lower.scalar(c.builder, f"{c.name} beta", "mul", x, beta)
    function = "softmax" if c.op.code == "SOFTMAX" else "logsoftmax"
    c.write(lower.rows(c.builder, c.name, function, x, (len(x.shape) - 1,)))


_REDUCTIONS = MappingProxyType({"MEAN": "mean", "SUM": "sum", "REDUCE_MAX": "max", "REDUCE_MIN": "min"})


def reduce(c: Context) -> None:
    """Over any axes."""
    x, shape, given = floats.x(c), c.tensor(0).shape, c.ints(1)
    if any(not -len(shape) <= a < len(shape) for a in given):
        raise c.error(f"axes {given} do not exist in shape {shape}")
    full = reshape(c.builder, f"{c.name} in", x, shape, f"{x.name} full")
    axes = sorted({a % len(shape) for a in given})
    made = lower.rows(c.builder, c.name, _REDUCTIONS[c.op.code], full, axes)
    c.write(reshape(c.builder, f"{c.name} out", made, c.device_shape(), f"{c.name} out"))


LEAST = 1e-12
"""The square of what LiteRT takes for the length of a shorter vector."""


def l2_normalization(c: Context) -> None:
    """By the Euclidean length along the last axis."""
    x = floats.x(c)
    c.write(lower.l2_norm(c.builder, c.name, x, (len(x.shape) - 1,), LEAST))


def concatenation(c: Context) -> None:
    """Along any axis."""
    o, rank = c.options(tflite.ConcatenationOptions), len(c.tensor(0).shape)
    if not -rank <= o.Axis() < rank:
        raise c.error(f"axis {o.Axis()} does not exist in shape {c.tensor(0).shape}")
    parts: list[TensorInfo] = []
    for i in range(len(c.op.inputs)):
        parts.append(
            reshape(c.builder, f"{c.name} in {i}", floats.x(c, i), c.tensor(i).shape, f"{c.name} {i}")
        )
    joined = c.builder.add(c.name, ops.Concat(axis=o.Axis() % rank), parts, [lower.named(f"{c.name} result")])
    made = lower.clip(c.builder, f"{c.name} clip", joined[0], c.activation(o.FusedActivationFunction()))
    c.write(reshape(c.builder, f"{c.name} out", made, c.device_shape(), f"{c.name} out"))


UNARY = MappingProxyType(dict.fromkeys(_UNARY, unary))
BINARY = MappingProxyType(dict.fromkeys(_BINARY, binary))
ROWS = MappingProxyType(
    {
        **dict.fromkeys(_REDUCTIONS, reduce),
        "L2_NORMALIZATION": l2_normalization,
        "LOG_SOFTMAX": softmax,
        "SOFTMAX": softmax,
    }
)

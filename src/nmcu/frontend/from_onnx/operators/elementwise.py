"""Element-wise functions: clamps on what precedes them, tables otherwise."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from nmcu.frontend.from_onnx import device
from nmcu.frontend.from_onnx.context import Array, Context
from nmcu.frontend.from_onnx.operators.quantize import clip_integers
from nmcu.frontend.from_onnx.values import Pending, Quantised, Real, Reals
from nmcu.frontend.lower.clamp import RELU, Clamp
from nmcu.frontend.lower.functions import erf, gelu, gelu_tanh

Function = Callable[[Context, Reals], Reals]


def _sigmoid(x: Reals) -> Reals:
    result: Reals = 1.0 / (1.0 + np.exp(-x))
    return result


def _softplus(x: Reals) -> Reals:
    result: Reals = np.logaddexp(0.0, x)
    return result


def _elu(x: Reals, alpha: float) -> Reals:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _hard_sigmoid(x: Reals, alpha: float, beta: float) -> Reals:
    return np.clip(alpha * x + beta, 0.0, 1.0)


def _gelu(c: Context, x: Reals) -> Reals:
    return gelu_tanh(x) if c.attribute("approximate", "none") == "tanh" else gelu(x)


def _selu(c: Context, x: Reals) -> Reals:
    gamma: float = c.attribute("gamma", 1.0507010221481323)
    return gamma * _elu(x, c.attribute("alpha", 1.6732631921768188))


FUNCTIONS: dict[str, Function] = {
    "Abs": lambda c, x: np.abs(x),
    "Celu": lambda c, x: _elu(x / c.attribute("alpha", 1.0), 1.0) * c.attribute("alpha", 1.0),
    "Ceil": lambda c, x: np.ceil(x),
    "Cos": lambda c, x: np.cos(x),
    "Elu": lambda c, x: _elu(x, c.attribute("alpha", 1.0)),
    "Erf": lambda c, x: erf(x),
    "Exp": lambda c, x: np.exp(x),
    "Floor": lambda c, x: np.floor(x),
    "Gelu": _gelu,
    "HardSigmoid": lambda c, x: _hard_sigmoid(x, c.attribute("alpha", 0.2), c.attribute("beta", 0.5)),
    "HardSwish": lambda c, x: x * _hard_sigmoid(x, 1.0 / 6.0, 0.5),
    "LeakyRelu": lambda c, x: np.where(x < 0, c.attribute("alpha", 0.01) * x, x),
    "Log": lambda c, x: np.log(x),
    "Mish": lambda c, x: x * np.tanh(_softplus(x)),
    "Neg": lambda c, x: -x,
    "Reciprocal": lambda c, x: 1.0 / x,
    "Round": lambda c, x: np.rint(x),
    "Selu": _selu,
    "Sigmoid": lambda c, x: _sigmoid(x),
    "Sign": lambda c, x: np.sign(x),
    "Sin": lambda c, x: np.sin(x),
    "Softplus": lambda c, x: _softplus(x),
    "Softsign": lambda c, x: x / (1.0 + np.abs(x)),
    "Sqrt": lambda c, x: np.sqrt(x),
    "Swish": lambda c, x: x * _sigmoid(c.attribute("alpha", 1.0) * x),
    "Tanh": lambda c, x: np.tanh(x),
    "ThresholdedRelu": lambda c, x: np.where(x > c.attribute("alpha", 1.0), x, 0.0),
}


JUMPS = frozenset(["Ceil", "Floor", "Round", "Sign", "ThresholdedRelu"])
"""Functions whose result the last bit of their argument can change by a lot."""


def unary(c: Context) -> None:
    """A function of one value; several in a row become one table, which holds 0 where the result is not a number."""
    function = FUNCTIONS[c.node.op]
    c.write(c.real(0).apply(c.node, lambda codes: function(c, codes), jumps=c.node.op in JUMPS))


def relu(c: Context) -> None:
    """Folded into the clamp of the operator before it, where there is one."""
    bounded(c, RELU)


def clip(c: Context) -> None:
    """As relu, with constant bounds; on quantised integers too."""
    value = c.value(0)
    if isinstance(value, Quantised):
        clip_integers(c, value)
        return
    lo = c.scalar(1) if c.has(1) else -math.inf
    hi = c.scalar(2) if c.has(2) else math.inf
    if math.isnan(lo) or math.isnan(hi) or lo > hi:
        raise c.error(f"has bounds {lo} and {hi}, which are not an interval")
    bounded(c, Clamp(lo, hi))


def bounded(c: Context, limits: Clamp) -> None:
    """Input 0 clamped."""
    value = c.value(0)
    if isinstance(value, Pending):
        c.write(device.clamped(c, value, limits))
        return
    c.write(c.real(0).apply(c.node, lambda codes: np.clip(codes, limits.lo, limits.hi)))


def prelu(c: Context) -> None:
    """`x` where positive, `slope * x` elsewhere; the slope a constant, one or one per channel."""
    x, slope = channel_rows(c, c.real(0), c.constant(1))
    if slope is None:
        raise c.error(f"has slopes of shape {c.constant(1).shape}; supported: one, or one per channel")
    c.write(x.apply(c.node, lambda codes: np.where(codes < 0, slope * codes, codes)))


def gather(c: Context) -> None:
    """A lookup in a constant list by a function of one value is again a function of that value."""
    data, value = c.constant(0), c.real(1)
    index = value.codes()
    if data.ndim != 1 or c.integer("axis", 0) not in (0, -1) or data.dtype.kind not in "iuf":
        raise c.error(f"looks up in a constant of shape {data.shape}; supported: a list of numbers")
    if not ((index == np.rint(index)) & (index >= -data.size) & (index < data.size)).all():
        raise c.error(f"its index leaves the list of {data.size} entries")
    table = data.astype(np.float64)
    c.write(value.apply(c.node, lambda codes: table[np.rint(codes).astype(np.int64)]))


def channel_rows(c: Context, x: Real, constant: Array) -> tuple[Real, Reals | None]:
    """`constant` broadcast against `x` as () or (C, 1) for its code values; None where it needs a full tensor.

    Returns `x` too, in the layout that the rows refer to: with the constant's axis last.
    """
    if constant.dtype.kind not in "iuf":
        raise c.error(f"has a constant of type {constant.dtype}; supported: numbers")
    if constant.size == 1 and constant.ndim <= len(x.shape):
        return x, constant.astype(np.float64).reshape(())
    if constant.ndim > len(x.shape):
        return x, None
    full = (1,) * (len(x.shape) - constant.ndim) + constant.shape
    (axis, *more) = [a for a, d in enumerate(full) if d != 1]
    if more or full[axis] != x.shape[axis]:
        return x, None
    rows = constant.astype(np.float64).reshape(-1, 1)
    x = device.unflatten(c, x)
    if x.axes[-1] == axis:
        return x, rows
    if x.values is not None and x.values.ndim > 1:
        return x, None
    axes = (*(a for a in x.axes if a != axis), axis)
    return dataclasses.replace(x, tensor=device.conform(c, x, axes), axes=axes), rows

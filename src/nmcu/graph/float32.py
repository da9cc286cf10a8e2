"""float32 functions as the device computes them, bit for bit: IEEE arithmetic without fused products, and own routines.

`exp` and `log` are integer arithmetic on the bits: polynomials in fixed point. Each routine has its C twin in
`kernels/floats/float_math.c`. Largest errors, in units of the last place (a test measures them): exp and log 0.52, tanh
1.5, sigmoid 2.4, softplus 2.6. `sqrt` and arithmetic are rounded once.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]
Int64 = NDArray[np.int64]

LANES = 8
"""A row is summed in this many lanes, value i in lane i modulo their number; then lanes are added pairwise."""
NAN = np.uint32(0x7FC00000)

_LOG2_E = 793129986396
_LN_2 = 24973259072661437
_EXP2 = (89043, 627479, 5750554, 41301092, 238389752, 1031764902, 2977044473)
"""2**f - 1 over f, highest power first, in units of 2**-32."""
_LOG = (
    *(70570678, -124777134, 128268283, -133367371, 152603239, -178955784, 214775595, -268436126, 357913612),
    *(-536870906, 1073741825),
)
"""log(1 + r) over r for r in [sqrt(1/2) - 1, sqrt(2) - 1], highest power first, in units of 2**-30."""
_TANH = (0.00190950022, -0.0079338038, 0.0216153171, -0.0539358519, 0.133331791, -0.333333313)
"""(tanh(x) / x - 1) / x**2 over x**2, highest power first."""
_ROOT_2 = 0xB504F3


def single(x: Any) -> Single:
    """`x` as float32."""
    return np.asarray(x, np.float32)


def canonical(x: Single) -> Single:
    """`x` with one bit pattern for every NaN: what operators write."""
    return np.where(np.isnan(x), NAN.view(np.float32), x)


def sqrt(x: Single) -> Single:
    """As IEEE has it."""
    return single(np.sqrt(x))


def exp(x: Single) -> Single:
    """`2**(x * log2(e))`: the exponent is the integer part, a polynomial of degree 7 gives the rest."""
    bits = single(x).view(np.uint32).astype(np.int64)
    magnitude, negative = bits & 0x7FFFFFFF, bits >> 31 != 0
    exponent = magnitude >> 23
    clipped = np.clip(exponent, 100, 133)
    mantissa = (magnitude & 0x7FFFFF | 0x800000).astype(np.uint64)
    scaled = ((mantissa * np.uint64(_LOG2_E)) >> (157 - clipped).astype(np.uint64)).astype(np.int64)
    scaled = np.where(negative, -scaled, scaled)
    whole, part = scaled >> 32, (scaled & 0xFFFFFFFF).astype(np.uint64)
    series = np.zeros_like(part)
    for c in _EXP2:
        series = np.uint64(c) + ((series * part) >> np.uint64(32))
    value = ((series * part) >> np.uint64(32)).astype(np.int64)
    normal = ((whole + 127) << 23) + ((value + 256) >> 9)
    shift = np.clip(-117 - whole, 9, 40)
    small = ((value | 1 << 32) + (np.int64(1) << (shift - 1))) >> shift
    result = np.where(whole < -126, small, normal)
    result = np.where(exponent < 100, 0x3F800000, result)
    result = np.where((exponent > 133) | (result > 0x7F800000), np.where(negative, 0, 0x7F800000), result)
    result = np.where(magnitude > 0x7F800000, NAN, result)
    return result.astype(np.uint32).view(np.float32)


def log(x: Single) -> Single:
    """The exponent times ln 2 and, for what is left in [sqrt(1/2), sqrt(2)), a polynomial of degree 11."""
    bits = single(x).view(np.uint32).astype(np.int64)
    magnitude, negative = bits & 0x7FFFFFFF, bits >> 31 != 0
    lifted = np.where(magnitude < 0x800000, _normalised(magnitude), magnitude)
    mantissa, power = lifted & 0x7FFFFF | 0x800000, (lifted >> 23) - 127
    high = mantissa >= _ROOT_2
    power = power + high
    rest = np.where(high, (mantissa - (1 << 24)) << 8, (mantissa - (1 << 23)) << 9)
    value = np.zeros_like(rest)
    for c in _LOG:
        value = c + ((value * rest) >> 32)
    product = rest * value
    result = np.where(power == 0, _rounded(product, 62), _rounded((product >> 7) + power * _LN_2, 55))
    result = np.where(magnitude == 0, np.float32(-np.inf), result)
    result = np.where(magnitude == 0x7F800000, np.float32(np.inf), result)
    result = np.where((magnitude > 0x7F800000) | (negative & (magnitude > 0)), NAN.view(np.float32), result)
    return single(result)


def _normalised(magnitude: Int64) -> Int64:
    """The bits of a number without a hidden bit as if it had one; their exponent may be negative."""
    top = np.frexp(np.maximum(magnitude, 1).astype(np.float64))[1].astype(np.int64)
    shift = 24 - top
    return ((magnitude << shift) & 0x7FFFFF) + ((1 - shift) << 23)


def _rounded(value: Int64, point: int) -> Single:
    """`value * 2**-point`, halves to even."""
    magnitude = np.abs(value)
    high, low = (magnitude >> 32).astype(np.float64), (magnitude & 0xFFFFFFFF).astype(np.float64)
    # float64 rounds once to 53 bits; forced odd where it was not exact, so that the second rounding is right.
    whole = high * 2.0**32 + low
    error = (magnitude - whole.astype(np.int64)).astype(np.int64)
    bits = whole.view(np.int64)
    odd = np.where(error != 0, (bits - (error < 0)) | 1, bits).view(np.float64)
    return single(np.copysign(odd * 2.0**-point, value))


def tanh(x: Single) -> Single:
    """A polynomial up to 0.55, beyond it `1 - 2 / (exp(2 |x|) + 1)`."""
    size = np.abs(single(x))
    square = size * size
    value = np.zeros_like(size)
    for c in _TANH:
        value = value * square + np.float32(c)
    near = size + size * (square * value)
    two, one = np.float32(2), np.float32(1)
    far = one - two / (exp(size + size) + one)
    return np.copysign(np.where(size < np.float32(0.55), near, far), x)


def sigmoid(x: Single) -> Single:
    """`1 / (1 + exp(-|x|))`, or for negative `x` its complement, without cancellation."""
    one, power = np.float32(1), exp(-np.abs(single(x)))
    return np.where(x < 0, power / (one + power), one / (one + power))


def softplus(x: Single) -> Single:
    """`max(x, 0) + log(1 + exp(-|x|))`; the logarithm corrected for the rounding of the sum."""
    one, zero, power = np.float32(1), np.float32(0), exp(-np.abs(single(x)))
    total = one + power
    part = np.where(total == one, power, log(total) * (power / np.where(total == one, one, total - one)))
    return np.where(x > 0, x, zero) + part


def _elu(x: Single, alpha: Any) -> Single:
    return np.where(x > 0, x, alpha * (exp(np.where(x > 0, np.float32(0), x)) - np.float32(1)))


def _silu(x: Single) -> Single:
    return x * sigmoid(x)


def _gelu(x: Single) -> Single:
    """By the hyperbolic tangent."""
    cube = np.float32(0.044715) * (x * x * x)
    return np.float32(0.5) * x * (np.float32(1) + tanh(np.float32(0.797884583) * (x + cube)))


def _clip(x: Single, low: Any, high: Any) -> Single:
    return np.where(x < low, low, np.where(x > high, high, x))


Unary = Callable[[Single, Any, Any], Single]

UNARY: Mapping[str, Unary] = MappingProxyType(
    {
        "abs": lambda x, a, b: np.abs(x),
        "clip": _clip,
        "elu": lambda x, a, b: _elu(x, a),
        "exp": lambda x, a, b: exp(x),
        "gelu_tanh": lambda x, a, b: _gelu(x),
        "hardsigmoid": lambda x, a, b: _clip(a * x + b, np.float32(0), np.float32(1)),
        "hardswish": lambda x, a, b: x * _clip(a * x + b, np.float32(0), np.float32(1)),
        "leakyrelu": lambda x, a, b: np.where(x < 0, a * x, x),
        "log": lambda x, a, b: log(x),
        "neg": lambda x, a, b: -x,
        "reciprocal": lambda x, a, b: np.float32(1) / x,
        "rsqrt": lambda x, a, b: np.float32(1) / sqrt(x),
        "sigmoid": lambda x, a, b: sigmoid(x),
        "silu": lambda x, a, b: _silu(x),
        "softplus": lambda x, a, b: softplus(x),
        "sqrt": lambda x, a, b: sqrt(x),
        "square": lambda x, a, b: single(x * x),
        "tanh": lambda x, a, b: tanh(x),
    }
)
"""Functions of one value and up to two parameters."""

BINARY: Mapping[str, Callable[[Single, Single], Single]] = MappingProxyType(
    {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "min": lambda a, b: np.where(b < a, b, a),
        "max": lambda a, b: np.where(b > a, b, a),
    }
)
"""Functions of two values."""


def total(x: Single) -> Single:
    """The sum along the last axis, which is kept: by lanes, so that several cores can share a row."""
    lanes = np.zeros((*x.shape[:-1], LANES), np.float32)
    for first in range(0, x.shape[-1], LANES):
        part = x[..., first : first + LANES]
        lanes[..., : part.shape[-1]] += part
    while lanes.shape[-1] > 1:
        lanes = lanes[..., ::2] + lanes[..., 1::2]
    return lanes


def largest(x: Single) -> Single:
    """The maximum along the last axis, which is kept; NaN does not count, and zero is positive."""
    return single(np.where(np.isnan(x), np.float32(-np.inf), x).max(axis=-1, keepdims=True) + np.float32(0))


def softmax(x: Single) -> Single:
    """Along the last axis: `exp(x - max)` times the reciprocal of its sum."""
    power = exp(x - largest(x))
    return power * (np.float32(1) / total(power))


def log_softmax(x: Single) -> Single:
    """Along the last axis: `(x - max) - log(sum(exp(x - max)))`."""
    below = x - largest(x)
    return below - log(total(exp(below)))


ROWS: Mapping[str, Callable[[Single], Single]] = MappingProxyType(
    {
        "sum": total,
        "mean": lambda x: total(x) / np.float32(x.shape[-1]),
        "max": largest,
        "min": lambda x: -largest(-x) + np.float32(0),
        "softmax": softmax,
        "logsoftmax": log_softmax,
    }
)
"""Functions of the values along the last axis."""

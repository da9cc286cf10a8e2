"""The fixed-point arithmetic of TFLite's recurrent layers: gemmlowp's, in 16 bits, as LiteRT 2.3.0 computes it.

Values are int64 arrays that hold what the kernels have in 16 or 32 bits. A number of `n` integer bits in 16 has
`15 - n` bits behind the point.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError

Int64 = NDArray[np.int64]
MOST_EXPONENT = 24

_EIGHTH = 1 << 12
_EXP_OF_MINUS_EIGHTH = 28918
_THIRD = 10923
_EXP_OF_POWERS = {-2: 25520, -1: 19875, 0: 12055, 1: 4435, 2: 600, 3: 11, 4: 0}
"""`exp(-2**k)` in 15 bits."""
_48_OVER_17, _MINUS_32_OVER_17 = 23130, -15420
"""In 13 bits: the first guess of Newton's division."""
_ONE_IN_13_BITS = 1 << 13


def decompose(scale: float | np.floating[Any]) -> tuple[int, int]:
    """(multiplier of 31 bits, exponent): `scale` is `multiplier * 2**(exponent - 31)`; (0, 0) for what is too small.

    Raises `ModelError` for a factor that 32 bits cannot be multiplied with."""
    if scale == 0:
        return 0, 0
    if not 0 < scale < 2**MOST_EXPONENT:
        raise ModelError(f"a factor between two scales is {scale:g}; supported: below {2**MOST_EXPONENT}")
    mantissa, exponent = np.frexp(float(scale))
    multiplier = int(np.floor(mantissa * 2**31 + 0.5))
    if multiplier == 2**31:
        multiplier, exponent = 2**30, exponent + 1
    return (0, 0) if exponent < -31 else (multiplier, int(exponent))


def rescale(x: NDArray[Any], multiplier: NDArray[Any] | int, exponent: NDArray[Any] | int) -> Int64:
    """int32 values times `multiplier * 2**(exponent - 31)`, rounded twice.

    A positive exponent shifts the values up first, in 32 bits, which wrap. The product with the multiplier is rounded
    half up to its 31 bits, then shifted down by a negative exponent, rounded half away from zero."""
    exponent = np.asarray(exponent, np.int64)
    up, down = np.maximum(exponent, 0), np.maximum(-exponent, 0)
    wrapped = (np.asarray(x, np.int64) << up).astype(np.int32).astype(np.int64)
    return halved(doubled_product(wrapped, multiplier, 31), down)


def doubled_product(a: NDArray[Any] | int, b: NDArray[Any] | int, bits: int = 15) -> Int64:
    """`a * b / 2**bits`, rounded half up."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    return np.asarray((product + (1 << (bits - 1))) >> bits)


def halved(x: NDArray[Any], times: NDArray[Any] | int) -> Int64:
    """`x / 2**times`, rounded half away from zero."""
    x, times = np.asarray(x, np.int64), np.asarray(times, np.int64)
    half = np.where(times > 0, 1 << np.maximum(times - 1, 0), 0)
    return np.asarray((x + half - (x < 0) * (times > 0)) >> times)


def sigmoid(x: NDArray[Any]) -> Int64:
    """Of 3 integer bits, in 15 bits behind the point; as `1 / (1 + exp(-|x|))` with Newton's division."""
    x = np.asarray(x, np.int64)
    positive = _saturated(_newton(_exponential(-np.abs(x), 3)) << 1)
    return np.where(x > 0, positive, np.where(x == 0, 1 << 14, 32767 - positive))


def tanh(x: NDArray[Any], integer_bits: int) -> Int64:
    """Of `integer_bits` (0 to 6), in 15 bits behind the point; as `(1 - exp(-2|x|)) / (1 + exp(-2|x|))`."""
    x = np.asarray(x, np.int64)
    value = _saturated((_newton(_exponential(-np.abs(x), integer_bits + 1)) - _ONE_IN_13_BITS) << 2)
    return np.where(x == 0, 0, np.where(x > 0, value, -value))


def _exponential(x: Int64, integer_bits: int) -> Int64:
    """`exp(x)` of -32768 to 0 in 15 bits behind the point: a polynomial for what is left of quarters, times a constant
    for each bit of their number."""
    fraction = 15 - integer_bits
    quarter = 1 << (fraction - 2)
    rest = (x & (quarter - 1)) - quarter
    result, quarters = _around_minus_eighth(rest << integer_bits), rest - x
    for power, factor in _EXP_OF_POWERS.items():
        if integer_bits > power:
            taken = quarters & (1 << (fraction + power))
            result = np.where(taken != 0, doubled_product(result, factor), result)
    if integer_bits > 5:
        result = np.where(x < -(1 << (20 - integer_bits)), 0, result)
    return np.where(x == 0, 32767, result)


def _around_minus_eighth(x: Int64) -> Int64:
    """`exp(x)` for -1/4 <= x < 0, all in 15 bits behind the point."""
    y = x + _EIGHTH
    square = doubled_product(y, y)
    cube, fourth = doubled_product(square, y), doubled_product(square, square)
    tail = halved(doubled_product(halved(fourth, 2) + cube, _THIRD) + square, 1)
    return _saturated(_EXP_OF_MINUS_EIGHTH + doubled_product(_EXP_OF_MINUS_EIGHTH, y + tail))


def _newton(x: Int64) -> Int64:
    """`2 / (1 + x)` for x from 0 to 1 in 15 bits, in 13 bits behind the point: three steps."""
    half = (x + 32767 + 1) >> 1
    y = _48_OVER_17 + doubled_product(half, _MINUS_32_OVER_17)
    for _ in range(3):
        error = _ONE_IN_13_BITS - doubled_product(half, y)
        y = y + _saturated(doubled_product(y, error) << 2)
    return y


def _saturated(x: Int64) -> Int64:
    return np.clip(x, -32768, 32767)

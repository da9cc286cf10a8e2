"""Requantisation, `clamp(z_y + round_half_up(acc * multiplier / 2**shift), lo, hi)`, and its numbers.

Two forms, recorded in the graph so that the reference and every kernel use the same one:

- narrow: `acc * multiplier + rc` with `rc = 2**(shift-1) + (z_y << shift)` provably fits int32 for every
  reachable accumulator, and so do `acc * multiplier`, `acc * multiplier + 2**(shift-1)` and `rc`; every
  multiplier has at least 11 significant bits. A kernel computes
  `clamp((acc * multiplier + rc) >> shift, lo, hi)`.
- wide: 31-bit multiplier, 1 <= shift <= 55, 64-bit product. Where shift >= 33 the low word does not matter:
  with `high = (acc * multiplier) >> 32` (one `mulh`) a kernel computes
  `clamp((high + rc) >> (shift - 32), lo, hi)`, `rc = 2**(shift-33) + (z_y << (shift - 32))`, all in int32.

Both definitions allow a choice. 11 bits are enough for 1 LSB per layer, but a whole network amplifies their
error: MLPerf Tiny ResNet8 agrees with LiteRT on 479 of 500 CIFAR-10 images with multipliers of 11 bits and
more, on 496 with 14 bits and more (LiteRT's own two sets of kernels agree on 484). So narrow is taken from 14
bits on; from 11 bits on where the wide form would need the low word, and in sparse and depthwise layers, whose
short sums do not hide the four cycles an output that the wide form takes more (10 % of a 1:16 layer, a third of a
3x3 depthwise layer; those of MLPerf Tiny's DS-CNN all have 13 bits or more).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph.op import Op

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
NARROW_MIN_BITS = 11
NARROW_GOOD_BITS = 14
WIDE_HIGH_WORD_SHIFT = 33
MAX_WIDE_SHIFT = 55

Form = Literal["narrow", "wide"]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Requantised(Op):
    """An operator whose int32 accumulator is requantised to int8: form, output zero point, fused clamp."""

    form: Form
    zero_point: int
    lo: int = -128
    hi: int = 127


@dataclass(frozen=True)
class Requant:
    """Chosen form with `multiplier` and `shift`, both int32 of the same shape."""

    form: Form
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]


def choose(
    name: str,
    factor: NDArray[np.float64],
    acc_min: Int64,
    acc_max: Int64,
    zero_point: int,
    *,
    short_sums: bool = False,
) -> Requant:
    """The requantisation by `factor` for accumulators in [acc_min, acc_max], narrow where provable.

    All arrays have one entry per channel; `short_sums` if an output is the sum of few products, which do not
    hide the cost of the wide form. Raises `ModelError` naming node `name` where an accumulator may overflow
    int32 or a factor is not a positive finite number in range.
    """
    if acc_min.min() < INT32_MIN or acc_max.max() > INT32_MAX:
        raise ModelError(
            f"node {name!r}: an accumulator may reach {int(max(acc_max.max(), -acc_min.min()))}, which "
            "overflows int32: fewer inputs per output or smaller weights are needed"
        )
    if not (np.isfinite(factor).all() and (factor > 0).all() and (factor < 2.0**30).all()):
        raise ModelError(
            f"node {name!r}: scales give a rescaling factor outside (0, 2**30): check the scales"
        )
    narrow, wide = _narrow(factor, acc_min, acc_max, zero_point), _wide(factor)
    prefer = short_sums or wide.shift.min() < WIDE_HIGH_WORD_SHIFT
    needed_bits = NARROW_MIN_BITS if prefer else NARROW_GOOD_BITS
    return narrow if int(narrow.multiplier.min()).bit_length() >= needed_bits else wide


def _narrow(factor: NDArray[np.float64], acc_min: Int64, acc_max: Int64, zero_point: int) -> Requant:
    """The largest multipliers that fit; 0 where none does."""
    multiplier = np.zeros(factor.shape, np.int64)
    shift = np.zeros(factor.shape, np.int64)
    for s in range(30, 0, -1):
        m = np.floor(np.minimum(factor * 2.0**s, 2.0**31) + 0.5).astype(np.int64)
        half = 1 << (s - 1)
        rc = half + zero_point * (1 << s)
        fits = (m <= INT32_MAX) & (INT32_MIN <= rc <= INT32_MAX)
        for offset in (0, half, rc):
            fits &= (acc_min * m + offset >= INT32_MIN) & (acc_max * m + offset <= INT32_MAX)
        fresh = fits & (shift == 0)
        multiplier[fresh], shift[fresh] = m[fresh], s
    return Requant("narrow", multiplier.astype(np.int32), shift.astype(np.int32))


def _wide(factor: NDArray[np.float64]) -> Requant:
    _, exponent = np.frexp(factor)
    shift = np.clip(31 - exponent.astype(np.int64), 1, MAX_WIDE_SHIFT)
    multiplier = np.floor(np.ldexp(factor, shift) + 0.5)
    carry = multiplier >= 2.0**31
    multiplier, shift = np.where(carry, multiplier / 2, multiplier), np.where(carry, shift - 1, shift)
    return Requant("wide", multiplier.astype(np.int64).astype(np.int32), shift.astype(np.int32))


def apply(
    acc: NDArray[Any], multiplier: NDArray[Any], shift: NDArray[Any], zero_point: int, lo: int, hi: int
) -> NDArray[np.int8]:
    """The definition. `multiplier` and `shift` broadcast against `acc`; both forms give this same value."""
    product = acc.astype(np.int64) * multiplier.astype(np.int64)
    half = np.left_shift(np.int64(1), shift.astype(np.int64) - 1)
    y = ((product + half) >> shift.astype(np.int64)) + zero_point
    return np.asarray(np.clip(y, lo, hi), np.int8)

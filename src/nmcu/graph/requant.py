"""Requantisation, `clamp(z_y + round_half_up(acc * multiplier / 2**shift), lo, hi)`, and its numbers.

The graph records multiplier and shift of every channel, so that the reference and every kernel compute the same. What a
kernel needs for it is recorded as a layer's form:

- narrow: `acc * multiplier + rc` with `rc = 2**(shift-1) + (z_y << shift)` provably fits int32 for every reachable
  accumulator, and so do `acc * multiplier`, `acc * multiplier + 2**(shift-1)` and `rc`. A kernel computes
  `clamp((acc * multiplier + rc) >> shift, lo, hi)`.
- wide: multiplier of 31 bits, 33 <= shift <= 53, 64-bit product, whose low word does not matter: with
  `high = (acc * multiplier) >> 32` (one `mulh`) a kernel computes `clamp((high + rc) >> (shift - 32), lo, hi)`,
  `rc = 2**(shift-33) + (z_y << (shift - 32))`, all in int32.
- mixed: each channel is one or the other. A narrow channel's accumulator is first clipped to [-limit - 1, limit]
  (`clip_limit`): what lies outside is outside int8 after the rescaling, too, so nothing changes but the range that the
  product must fit. A factor of 1/4 or more always gives multipliers of 20 bits that way.

Rounding a multiplier to fewer bits moves a result by at most `|m / 2**shift - factor| * |acc|`, of accumulators that
are not clipped. That must stay below 1/1024 of a step in dense layers, 1/64 in those of up to eight products and in
other operators, and 1/8 in sparse and depthwise layers, whose short sums do not hide what an output takes more that
is not narrow. All allow 1 step a layer, but a whole network amplifies the error: MLPerf Tiny ResNet8 agrees with LiteRT
on 496 of 500 CIFAR-10 images with multipliers of 31 bits and with 1/1024 of a step, on 495 with 1/512, 493 with 1/256,
490 with 1/128, 486 with 1/64 and 479 with 1/8; LiteRT's own two sets of kernels agree on 484.

A wide multiplier, too, has only as many bits as that takes, in front of zeros, if it then can be split
(`_split`): `multiplier = (high << SPLIT_BITS) + low` at a common shift, and all that is ever shifted fits int32 in
`(acc * high + ((acc * low + rc_low) >> SPLIT_BITS) + rc_high) >> (shift - SPLIT_BITS)`. Kernels that do so
(`dense_4x4`) take two instructions more than in the narrow form; others a `mulh`, for the same value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph.op import Op

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
INT8_MAX = 127
LONG_SUMS_ERROR, GOOD_ERROR, SHORT_SUMS_ERROR = 1 / 1024, 1 / 64, 1 / 8
"""By how much of a step a narrow multiplier may move a result: of dense layers, of most operators, and of layers whose
short sums do not hide what the wide form costs."""
MIN_WIDE_SHIFT, MAX_WIDE_SHIFT = 33, 53
SPLIT_BITS = 9
"""How many of a wide multiplier's bits are the lower part, where its product is split in two."""
LARGEST_FACTOR = 1024.0
"""From here on every accumulator but 0 is outside int8 after the rescaling: larger factors give the same results."""

Form = Literal["narrow", "wide", "mixed", "sums"]
"""`sums`: none of it; the int32 accumulators are the output, which a float section or the border rescales."""
SUMS: Form = "sums"
Int64 = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Requantised(Op):
    """An operator whose int32 accumulator is requantised to int8: form, output zero point, fused clamp."""

    form: Form
    zero_point: int
    lo: int = -128
    hi: int = 127

    @property
    def dtype(self) -> type[np.signedinteger[Any]]:
        """Of what is made of the accumulator."""
        return np.int32 if self.form == SUMS else dtype(self.lo, self.hi)


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
    allowed: float = GOOD_ERROR,
    limit: int = INT8_MAX,
) -> Requant:
    """The requantisation by `factor` for accumulators in [acc_min, acc_max], narrow where that is precise enough.

    All arrays have one entry per channel; `allowed` is by how much of a step a multiplier may move a result. Results
    are clamped to [-limit - 1, limit] at least. Raises `ModelError` naming node `name` where an accumulator may
    overflow int32 or a factor is not a positive finite number in range.
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
    factor = np.minimum(factor, LARGEST_FACTOR * (limit + 1) / (INT8_MAX + 1))
    reach = np.minimum(np.maximum(acc_max, -acc_min), _saturates(factor, zero_point, limit))

    def precise(how: Requant) -> NDArray[np.bool_]:
        error = np.abs(np.ldexp(how.multiplier.astype(np.float64), -how.shift) - factor) * reach
        return (how.multiplier > 0) & (error <= allowed)

    narrow = _narrow(factor, acc_min, acc_max, zero_point)
    if precise(narrow).all():
        return narrow
    clipped, wide = _clipped(factor, reach, zero_point), _wide(factor)
    chosen = precise(clipped) | ((clipped.multiplier > 0) & (wide.shift < MIN_WIDE_SHIFT))
    shorter = _split(factor, np.maximum(acc_max, -acc_min), zero_point, precise, chosen)
    wide = _where(shorter.multiplier > 0, shorter, wide, "wide")
    if 2 * np.count_nonzero(chosen) < len(chosen) and (wide.shift >= MIN_WIDE_SHIFT).all():
        return wide
    return _where(chosen, clipped, wide, "mixed")


def clip_limit(multiplier: NDArray[Any], shift: NDArray[Any], zero_point: int) -> Int64:
    """The largest `limit` for which a narrow channel's product fits int32 for accumulators in [-limit - 1, limit]."""
    one = np.left_shift(np.int64(1), shift.astype(np.int64))
    room = INT32_MAX - abs(zero_point) * one - one // 2
    return np.asarray(room // np.maximum(multiplier.astype(np.int64), 1) - 1)


def _saturates(factor: NDArray[np.float64], zero_point: int, limit: int) -> Int64:
    """An accumulator which, as any beyond it, is outside [-limit - 1, limit] after the rescaling, either sign."""
    return (np.ceil((limit + 2 + abs(zero_point)) / factor) + 1).clip(max=2.0**31).astype(np.int64)


def _clipped(factor: NDArray[np.float64], reach: Int64, zero_point: int) -> Requant:
    """The largest multipliers whose limit is at least `reach`; 0 where none does."""
    multiplier = np.zeros(factor.shape, np.int64)
    shift = np.ones(factor.shape, np.int64)
    for s in range(1, 31):
        m = np.floor(np.minimum(factor * 2.0**s, 2.0**31) + 0.5).astype(np.int64)
        fits = (m > 0) & (m <= INT32_MAX) & (clip_limit(m, np.full(m.shape, s), zero_point) >= reach)
        multiplier[fits], shift[fits] = m[fits], s
    return Requant("narrow", multiplier.astype(np.int32), shift.astype(np.int32))


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


def _split(
    factor: NDArray[np.float64],
    acc_most: Int64,
    zero_point: int,
    precise: Callable[[Requant], NDArray[np.bool_]],
    narrow: NDArray[np.bool_],
) -> Requant:
    """Wide multipliers of which only the bits above one place are in use, the same for all channels: the lowest one at
    which most of them are either precise or `narrow`, and `(acc * multiplier + rc) >> SPLIT_BITS` fits int32 where the
    bits above that place are the multiplier; 0 where a channel is not precise."""
    steps = acc_most * factor + abs(zero_point) + 1
    best = none = Requant("wide", np.zeros(factor.shape, np.int32), np.ones(factor.shape, np.int32))
    most = 0
    for place in range(SPLIT_BITS + 30, SPLIT_BITS, -1):
        kept = np.floor(np.ldexp(factor, place) + 0.5)
        _, bits = np.frexp(kept)
        shift = place + 31 - bits.astype(np.int64)
        fits = steps < 2.0 ** (31 + SPLIT_BITS - place)
        usable = fits & (kept > 0) & (shift >= MIN_WIDE_SHIFT) & (shift <= MAX_WIDE_SHIFT)
        multiplier = np.where(usable, np.ldexp(kept, 31 - bits), 0).astype(np.int64)
        found = Requant("wide", multiplier.astype(np.int32), np.where(usable, shift, 1).astype(np.int32))
        good = precise(found)
        served = int(np.count_nonzero(fits & (good | narrow)))
        if served > most:
            best, most = _where(good, found, none, "wide"), served
    return best


def _where(first: NDArray[np.bool_], yes: Requant, no: Requant, form: Form) -> Requant:
    """The channels of `yes` that are `first`, the others of `no`."""
    return Requant(form, np.where(first, yes.multiplier, no.multiplier), np.where(first, yes.shift, no.shift))


def _wide(factor: NDArray[np.float64]) -> Requant:
    """Multipliers of 31 bits; shifts below `MIN_WIDE_SHIFT`, which no kernel takes, where a factor is 1/4 or more."""
    _, exponent = np.frexp(factor)
    shift = np.clip(31 - exponent.astype(np.int64), 1, MAX_WIDE_SHIFT)
    multiplier = np.floor(np.ldexp(factor, shift) + 0.5)
    carry = multiplier >= 2.0**31
    multiplier, shift = np.where(carry, multiplier / 2, multiplier), np.where(carry, shift - 1, shift)
    return Requant("wide", multiplier.astype(np.int64).astype(np.int32), shift.astype(np.int32))


def output(op: Requantised, acc: NDArray[Any], multiplier: NDArray[Any], shift: NDArray[Any]) -> NDArray[Any]:
    """What an operator makes of its accumulators: requantised, or as they are."""
    if op.form == SUMS:
        return acc.astype(np.int32)
    return apply(acc, multiplier, shift, op.zero_point, op.lo, op.hi)


def dtype(lo: int, hi: int) -> type[np.signedinteger[Any]]:
    """The type of results between `lo` and `hi`."""
    return np.int8 if lo >= -INT8_MAX - 1 and hi <= INT8_MAX else np.int16


def apply(
    acc: NDArray[Any], multiplier: NDArray[Any], shift: NDArray[Any], zero_point: int, lo: int, hi: int
) -> NDArray[Any]:
    """The definition, int8 or, where the limits are outside it, int16; all forms give this same value.

    `multiplier` and `shift` broadcast against `acc`.
    """
    y = np.asarray(np.multiply(acc, multiplier, dtype=np.int64))
    y += np.left_shift(np.int64(1), shift.astype(np.int64) - 1)
    y >>= shift.astype(np.int64)
    y += zero_point
    return np.clip(y, lo, hi, out=y).astype(dtype(lo, hi))

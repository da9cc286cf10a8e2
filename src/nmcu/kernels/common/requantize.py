"""Python side of requantize.h: which form the device uses, and its constants."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.graph.requant import MIN_WIDE_SHIFT, Form, Requantised, clip_limit
from nmcu.kernels.cdata import Expr, Struct

WIDE_CHANNEL = -(2**31)
"""In the mixed form: what the shift of a wide channel has set in addition."""
INT32_MAX = 2**31 - 1
MIXED_CHANNEL, MIXED_RESULT, WIDE_RESULT = 4, 1, 4
"""Cycles that a channel and a result take more in the mixed form than in the narrow one, a result in the wide form."""
_NAMES = {"narrow": "NMCU_NARROW", "wide": "NMCU_WIDE", "mixed": "NMCU_MIXED"}


def requantised(layer: Layer) -> Requantised:
    """The operator of a layer that requantises."""
    assert isinstance(layer.op, Requantised)
    return layer.op


def form(layer: Layer) -> Form:
    """`narrow`, `wide` or `mixed`; the last one wherever a residual is added, so that kernels have one way to that."""
    op = requantised(layer)
    return "mixed" if isinstance(op, ops.ConvAdd) else op.form


def wide_share(layer: Layer, results: int) -> float:
    """What requantisation takes more than in the narrow form, in terms of what the wide form does; a kernel requantises
    `results` of a channel at a time."""
    wide = wide_channels(layer)
    if form(layer) != "mixed":
        return wide
    return wide + (MIXED_CHANNEL / results + MIXED_RESULT) / WIDE_RESULT


@lru_cache(maxsize=16)
def wide_channels(layer: Layer) -> float:
    """The share of the channels that are wide."""
    return float(np.mean(are_wide(layer)))


def are_wide(layer: Layer) -> NDArray[np.bool_]:
    """Which channels are wide; one for all where the operator has one factor."""
    return np.asarray(_scale(layer)[1] >= MIN_WIDE_SHIFT)


def channel_constants(layer: Layer, bias: NDArray[Any] | None = None) -> NDArray[np.int32]:
    """(4, channels) int32: bias, multiplier, round and shift of every channel as the kernels read them."""
    start = layer.constants["bias"] if bias is None else bias
    return np.concatenate([start.astype(np.int32)[np.newaxis], factors(layer)])


def bias_in_round(layer: Layer) -> NDArray[np.int32]:
    """`channel_constants` of a layer in the narrow form with biases of 0: (acc + bias) * multiplier + round is, modulo
    2^32, acc * multiplier and a round that holds what the bias gives."""
    bias, multiplier, rounding, shift = channel_constants(layer)
    return np.stack([0 * bias, multiplier, rounding + bias * multiplier, shift])


def factors(layer: Layer) -> NDArray[np.int32]:
    """(3, channels) int32: multiplier, round (in the mixed form: limit) and shift as the kernels read them; one channel
    where the operator has one factor for all."""
    op = requantised(layer)
    multiplier, shift = _scale(layer)
    wide = shift >= MIN_WIDE_SHIFT
    limit = clip_limit(multiplier, shift.clip(max=30), op.zero_point).clip(max=INT32_MAX)
    limit = np.where(wide | (op.form == "narrow"), INT32_MAX, limit)  # a narrow product fits as it is
    shift = np.where(wide, shift - 32, shift)
    second = 2 ** (shift - 1) + op.zero_point * 2**shift
    if form(layer) == "mixed":
        second, shift = limit, np.where(wide, shift + WIDE_CHANNEL, shift)
    return np.stack([multiplier, second, shift]).astype(np.int32)


def _scale(layer: Layer) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Multiplier and shift of a layer, which are constants by channel or attributes."""
    op = layer.op
    if isinstance(op, ops.AttentionScores | ops.AttentionValues | ops.Mul | ops.SquaredDifference):
        return np.array([op.multiplier], np.int64), np.array([op.shift], np.int64)
    return layer.constants["multiplier"].astype(np.int64), layer.constants["shift"].astype(np.int64)


def descriptor(layer: Layer) -> Struct:
    """The `nmcu_requantize_t` of a layer."""
    op = requantised(layer)
    return Struct(
        "nmcu_requantize_t",
        {"lo": op.lo, "hi": op.hi, "zero_point": op.zero_point, "form": Expr(_NAMES[form(layer)])},
    )

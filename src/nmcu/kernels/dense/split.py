"""Products of more than 32 bits as two of 32 (nmcu_group4_t)."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.graph.affine import accumulator_range
from nmcu.graph.requant import INT8_MAX, INT32_MAX, INT32_MIN, SPLIT_BITS
from nmcu.kernels.common import requantize
from nmcu.kernels.common.window import Affine

GROUP = 4
NARROW, IMPOSSIBLE = 0, -64
"""What `split` of a group is where its products are not split."""
CLAMPED, ADDED = -64, -128
"""What it is the shift more than where they are, and results are clamped or residuals are added to them."""
_MOST_BITS = 31
"""Of a multiplier, and of the last shift."""


def split(layer: Layer[Affine], groups: int) -> dict[str, NDArray[np.int64]]:
    """(groups, 4) each: start, high, low and low_start of the channels in groups of four; (groups,): split.

    The channels of a group are brought to one shift, which changes none of their values. They can be split where what
    is shifted, either time, fits int32 whatever the input is; sums on the way may wrap around.
    """
    op = requantize.requantised(layer)
    names = ("start", "high", "low", "low_start")
    if requantize.form(layer) == "narrow":
        found = {name: np.zeros((groups, GROUP), np.int64) for name in names}
        return found | {"split": np.full(groups, NARROW)}
    multiplier, shift, bias = (
        _by_group(layer.constants[name].astype(np.int64), groups) for name in ("multiplier", "shift", "bias")
    )
    weight = layer.constants["weight"]
    low, high = accumulator_range(weight.reshape(len(weight), -1), np.zeros(len(weight)))
    low, high = _by_group(low, groups), _by_group(high, groups)

    multiplier, shift = _without_zeros(multiplier, shift)
    common = np.maximum(shift.max(axis=1, keepdims=True), SPLIT_BITS + 1)
    fits = common - SPLIT_BITS <= _MOST_BITS
    common = np.minimum(common, SPLIT_BITS + _MOST_BITS)
    longer = (common - shift).clip(0, _MOST_BITS)
    fits = fits & (multiplier < 1 << (_MOST_BITS - longer))
    multiplier = np.where(fits, multiplier << longer, 0)
    start = bias * multiplier + (1 << (common - 1)) + op.zero_point * (1 << common)
    one = 1 << SPLIT_BITS
    fits &= np.maximum(high, -low) * (one // 2) + one <= INT32_MAX
    fits &= ((low * multiplier + start) >> SPLIT_BITS >= INT32_MIN) & (
        (high * multiplier + start) >> SPLIT_BITS <= INT32_MAX
    )
    last = common[:, 0] - SPLIT_BITS
    if isinstance(op, ops.ConvAdd):
        last = ADDED + last
        fits &= op.hi == INT8_MAX  # to which split products are limited
    elif (op.lo, op.hi) != (-128, 127):
        last = CLAMPED + last
    last_bits = (multiplier + one // 2) % one - one // 2
    return {
        "start": start >> SPLIT_BITS,
        "high": (multiplier - last_bits) >> SPLIT_BITS,
        "low": last_bits,
        "low_start": start % one,
        "split": np.where(fits.all(axis=1), last, IMPOSSIBLE),
    }


@lru_cache(maxsize=16)
def split_share(layer: Layer[Affine]) -> float:
    """The share of the groups whose products are split."""
    groups = -(-len(layer.constants["weight"]) // GROUP)
    return float(np.mean(~np.isin(split(layer, groups)["split"], (NARROW, IMPOSSIBLE))))


def _without_zeros(
    multiplier: NDArray[np.int64], shift: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same factors with the smallest shifts, at least 1; a multiplier of 0 takes 1."""
    zeros = np.where(multiplier == 0, shift, np.log2((multiplier & -multiplier).clip(min=1)).astype(np.int64))
    less = np.minimum(zeros, shift - 1)
    return multiplier >> less, shift - less


def _by_group(values: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """(groups, 4); 0 for channels that do not exist."""
    return np.pad(values, (0, GROUP * groups - len(values))).reshape(groups, GROUP)

"""Python side of requantize.h: which form the device uses, and its constants."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.graph.requant import Requantised
from nmcu.kernels.cdata import Expr, Struct

WIDE_MIN_SHIFT = 33
"""From this shift on the low word of the product cannot matter."""
_NAMES = {"narrow": "NMCU_NARROW", "wide": "NMCU_WIDE", "full": "NMCU_FULL"}


def requantised(layer: Layer) -> Requantised:
    """The operator of a layer that requantises."""
    assert isinstance(layer.op, Requantised)
    return layer.op


@lru_cache(maxsize=16)
def form(layer: Layer) -> str:
    """`narrow`, `wide` or `full`: the arithmetic that gives the graph's result with the least work. Remembered for the
    last few layers: cost models ask for every tile."""
    op = requantised(layer)
    if op.form == "narrow":
        return "narrow"
    shift = _scale(layer)[1]
    fits = np.abs(op.zero_point) * 2 ** (shift - 32).clip(0) + 2 ** (shift - 33).clip(0) < 2**30
    return "wide" if (shift >= WIDE_MIN_SHIFT).all() and fits.all() else "full"


def channel_constants(layer: Layer, bias: NDArray[Any] | None = None) -> NDArray[np.int32]:
    """(4, channels) int32: bias, multiplier, round and shift of every channel as the kernels read them."""
    start = layer.constants["bias"] if bias is None else bias
    return np.concatenate([start.astype(np.int32)[np.newaxis], factors(layer)])


def factors(layer: Layer) -> NDArray[np.int32]:
    """(3, channels) int32: multiplier, round and shift as the kernels read them; one channel where the operator has one
    factor for all."""
    op, how = requantised(layer), form(layer)
    multiplier, shift = _scale(layer)
    if how == "narrow":
        rounding = 2 ** (shift - 1) + op.zero_point * 2**shift
    elif how == "wide":
        shift = shift - 32
        rounding = 2 ** (shift - 1) + op.zero_point * 2**shift
    else:
        rounding = np.zeros_like(shift)
    return np.stack([multiplier, rounding, shift]).astype(np.int32)


def _scale(layer: Layer) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Multiplier and shift of a layer, which are constants by channel or attributes."""
    op = layer.op
    if isinstance(op, ops.AttentionScores | ops.AttentionValues | ops.Mul):
        return np.array([op.multiplier], np.int64), np.array([op.shift], np.int64)
    return layer.constants["multiplier"].astype(np.int64), layer.constants["shift"].astype(np.int64)


def descriptor(layer: Layer) -> Struct:
    """The `nmcu_requantize_t` of a layer."""
    op = requantised(layer)
    return Struct(
        "nmcu_requantize_t",
        {"lo": op.lo, "hi": op.hi, "zero_point": op.zero_point, "form": Expr(_NAMES[form(layer)])},
    )

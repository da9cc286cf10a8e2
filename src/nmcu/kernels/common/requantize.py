"""Python side of requantize.h: which form the device uses, and its constants."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer
from nmcu.graph.requant import Requantised
from nmcu.kernels.cdata import Expr, Struct

WIDE_MIN_SHIFT = 33
"""From this shift on the low word of the product cannot matter."""
_NAMES = {"narrow": "NMCU_NARROW", "wide": "NMCU_WIDE", "full": "NMCU_FULL"}


def requantised(layer: Layer) -> Requantised:
    """The operator of a layer that requantises."""
    assert isinstance(layer.op, Requantised)
    return layer.op


def form(layer: Layer) -> str:
    """`narrow`, `wide` or `full`: the arithmetic that gives the graph's result with the least work."""
    op = requantised(layer)
    if op.form == "narrow":
        return "narrow"
    shift = layer.constants["shift"].astype(np.int64)
    fits = np.abs(op.zero_point) * 2 ** (shift - 32).clip(0) + 2 ** (shift - 33).clip(0) < 2**30
    return "wide" if (shift >= WIDE_MIN_SHIFT).all() and fits.all() else "full"


def channel_constants(layer: Layer, bias: NDArray[Any] | None = None) -> NDArray[np.int32]:
    """(4, channels) int32: bias, multiplier, round and shift of every channel as the kernels read them."""
    op, how = requantised(layer), form(layer)
    shift = layer.constants["shift"].astype(np.int64)
    if how == "narrow":
        rounding = 2 ** (shift - 1) + op.zero_point * 2**shift
    elif how == "wide":
        shift = shift - 32
        rounding = 2 ** (shift - 1) + op.zero_point * 2**shift
    else:
        rounding = np.zeros_like(shift)
    start = layer.constants["bias"] if bias is None else bias
    return np.stack([start.astype(np.int64), layer.constants["multiplier"], rounding, shift]).astype(np.int32)


def descriptor(layer: Layer) -> Struct:
    """The `nmcu_requantize_t` of a layer."""
    op = requantised(layer)
    return Struct(
        "nmcu_requantize_t",
        {"lo": op.lo, "hi": op.hi, "zero_point": op.zero_point, "form": Expr(_NAMES[form(layer)])},
    )

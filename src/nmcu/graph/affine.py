"""What convolution, depthwise and linear layers share: folding scales and zero points into integers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph import requant
from nmcu.graph.op import Constants
from nmcu.graph.tensor import TensorInfo

AFFINE_CONSTANTS = {"weight": "int8", "bias": "int32", "multiplier": "int32", "shift": "int32"}
SPARSE_SHARE = 4
"""A layer counts as sparse if at most one weight in this many is not zero."""


@dataclass(frozen=True)
class Folded:
    """Integer parameters of an affine layer; arrays have one entry per output channel."""

    form: requant.Form
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    shift: NDArray[np.int32]
    weight_scale: tuple[float, ...]

    def constants(self, weight: NDArray[np.int8]) -> dict[str, NDArray[Any]]:
        """The constants of the layer with these weights, by the names that operators give them."""
        return {"weight": weight, "bias": self.bias, "multiplier": self.multiplier, "shift": self.shift}


def accumulator_range(weight: NDArray[np.int8], bias: NDArray[Any]) -> tuple[requant.Int64, requant.Int64]:
    """Smallest and largest accumulator per channel over all int8 inputs, for `weight` (Cout, K)."""
    positive = np.maximum(weight, 0).sum(axis=1, dtype=np.int64)
    negative = np.minimum(weight, 0).sum(axis=1, dtype=np.int64)
    base = bias.astype(np.int64)
    return base - 128 * positive + 127 * negative, base + 127 * positive - 128 * negative


def fold(
    name: str,
    x: TensorInfo,
    y: TensorInfo,
    weight: NDArray[np.int8],
    weight_scale: NDArray[Any],
    bias: NDArray[Any] | None,
    *,
    short_sums: bool = False,
) -> Folded:
    """Fold the input zero point into the bias and the scales into multipliers.

    `weight` is (Cout, K), `weight_scale` (Cout,) or a scalar, `bias` (Cout,) integers at scale
    `s_x * s_w[c]`. A channel whose weights are all zero is a constant: it gets factor 1 and its output value
    as bias, so that a tiny weight scale cannot force the wide form. Raises `ModelError` naming node `name`
    where an accumulator may overflow int32.
    """
    cout = weight.shape[0]
    (x_scale, x_zero), (y_scale, y_zero) = x.quant, y.quant
    scale = np.broadcast_to(np.asarray(weight_scale, np.float32), (cout,)).astype(np.float64)
    factor = x_scale * scale / y_scale
    integers = np.zeros(cout, np.int64) if bias is None else np.asarray(bias).astype(np.int64)
    integers = integers - x_zero * weight.sum(axis=1, dtype=np.int64)

    dead = ~weight.any(axis=1)
    value = np.clip(np.floor(integers * factor + 0.5), -256, 256).astype(np.int64)
    integers = np.where(dead, value, integers)
    factor = np.where(dead, 1.0, factor)
    scale = np.where(dead, y_scale / x_scale, scale)

    if not ((integers >= requant.INT32_MIN) & (integers <= requant.INT32_MAX)).all():
        raise ModelError(f"node {name!r}: the bias does not fit int32 at the scale of its accumulator")
    low, high = accumulator_range(weight, integers)
    bare_low, bare_high = accumulator_range(weight, np.zeros(cout))
    sparse = int(np.count_nonzero(weight)) * SPARSE_SHARE <= weight.size
    chosen = requant.choose(name, factor, low, high, y_zero, short_sums=short_sums or sparse)
    if bare_low.min() < requant.INT32_MIN or bare_high.max() > requant.INT32_MAX:
        raise ModelError(f"node {name!r}: a sum of products may overflow int32")
    return Folded(
        form=chosen.form,
        bias=integers.astype(np.int32),
        multiplier=chosen.multiplier,
        shift=chosen.shift,
        weight_scale=tuple(float(s) for s in scale.astype(np.float32)),
    )


def check_constants(what: str, constants: Constants, cout: int) -> None:
    """Raise `ModelError` unless bias, multiplier and shift have one entry per output channel."""
    for key in ("bias", "multiplier", "shift"):
        if constants[key].shape != (cout,):
            raise ModelError(f"{what}: {key} has shape {constants[key].shape}, must have ({cout},)")


def exact_float(weight: NDArray[np.int8]) -> type[np.floating[Any]]:
    """The smallest float type in which `weight` (Cout, K) times int8 sums exactly in any order."""
    low, high = accumulator_range(weight, np.zeros(len(weight)))
    bound = max(int(high.max(initial=0)), -int(low.min(initial=0)))
    return np.float32 if bound < 2**24 else np.float64

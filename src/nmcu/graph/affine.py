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
MOST_CONSTANT_BITS = 21
"""By how many bits a constant channel's result may be shifted to be its bias: rounding and zero point must fit, too."""
SPARSE_SHARE = 4
"""A layer counts as sparse if at most one weight in this many is not zero."""
FEW_PRODUCTS = 8
"""Up to so many in a sum hide nothing: a kernel that does without more precision takes half the cycles."""


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
    limit: int = requant.INT8_MAX,
    finer: float = 1,
) -> Folded:
    """Fold the input zero point into the bias and the scales into multipliers.

    `weight` is (Cout, K), `weight_scale` (Cout,) or a scalar, `bias` (Cout,) integers at scale
    `s_x * s_w[c]`. A channel whose result is the same for all inputs, because its weights are zero or their scale is
    next to nothing, gets its result as bias, at a scale at which its products are less than half a step: so it
    cannot force the wide form, nor overflow. An int32 `y` takes the accumulators as they are. Other results are clamped
    to [-limit - 1, limit] at least, and rounded again, to `finer` steps of `y`, if that is above 1.
    Raises `ModelError` naming node `name` where an accumulator may overflow int32.
    """
    cout = weight.shape[0]
    scale = np.broadcast_to(np.asarray(weight_scale, np.float32), (cout,)).astype(np.float64)
    if y.dtype == "int32":
        return _sums(name, x, weight, scale, bias)
    (x_scale, x_zero), (y_scale, y_zero) = x.quant, y.quant
    factor = x_scale * scale / y_scale
    integers = np.zeros(cout, np.int64) if bias is None else np.asarray(bias).astype(np.int64)
    integers = integers - x_zero * weight.sum(axis=1, dtype=np.int64)

    bare_low, bare_high = accumulator_range(weight, np.zeros(cout))
    reach = np.maximum(bare_high, -bare_low)
    with np.errstate(invalid="ignore", over="ignore"):
        ends = np.floor((np.array([bare_low, bare_high]) + integers) * factor + 0.5)
    least, most = np.clip(ends, -limit - 1 - y_zero, limit - y_zero)
    bits = np.ceil(np.log2(2 * reach + 1)).astype(np.int64)
    usable = (reach == 0) | (np.isfinite(factor) & (factor > 0))
    room = MOST_CONSTANT_BITS - int(np.log2((limit + 1) / (requant.INT8_MAX + 1)))
    constant = (least == most) & (bits <= room) & usable
    integers = np.where(constant, np.nan_to_num(least).astype(np.int64) << bits.clip(max=32), integers)
    factor = np.where(constant, np.ldexp(1.0, -bits), factor)
    scale = np.where(constant, factor * y_scale / x_scale, scale)

    if not ((integers >= requant.INT32_MIN) & (integers <= requant.INT32_MAX)).all():
        raise ModelError(f"node {name!r}: the bias does not fit int32 at the scale of its accumulator")
    low, high = bare_low + integers, bare_high + integers
    sparse = int(np.count_nonzero(weight)) * SPARSE_SHARE <= weight.size
    allowed = requant.GOOD_ERROR if weight.shape[1] <= FEW_PRODUCTS or finer > 1 else requant.LONG_SUMS_ERROR
    allowed = requant.SHORT_SUMS_ERROR if short_sums or sparse else allowed
    chosen = requant.choose(name, factor, low, high, y_zero, allowed=allowed * finer, limit=limit)
    if bare_low.min() < requant.INT32_MIN or bare_high.max() > requant.INT32_MAX:
        raise ModelError(f"node {name!r}: a sum of products may overflow int32")
    return Folded(
        form=chosen.form,
        bias=integers.astype(np.int32),
        multiplier=chosen.multiplier,
        shift=chosen.shift,
        weight_scale=tuple(float(s) for s in scale.astype(np.float32)),
    )


def _sums(
    name: str, x: TensorInfo, weight: NDArray[np.int8], scale: NDArray[Any], bias: NDArray[Any] | None
) -> Folded:
    """The same for a layer whose accumulators are its output."""
    integers = np.zeros(len(weight), np.int64) if bias is None else np.asarray(bias).astype(np.int64)
    integers = integers - x.quant[1] * weight.sum(axis=1, dtype=np.int64)
    low, high = accumulator_range(weight, integers)
    if low.min() < requant.INT32_MIN or high.max() > requant.INT32_MAX:
        raise ModelError(f"node {name!r}: a sum of products may overflow int32")
    one = np.ones(len(weight), np.int32)
    weight_scale = tuple(float(s) for s in scale.astype(np.float32))
    return Folded(requant.SUMS, integers.astype(np.int32), one, one, weight_scale)


def unfolded(bias: NDArray[Any], weight: NDArray[np.int8], zero_point: int) -> NDArray[np.int64]:
    """The bias (Cout,) without the input zero point that `fold` put there; weight (Cout, ...)."""
    sums = weight.reshape(len(weight), -1).sum(axis=1, dtype=np.int64)
    return np.asarray(bias.astype(np.int64) + zero_point * sums)


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

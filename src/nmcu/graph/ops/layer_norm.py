"""LayerNorm and its kin over rows, in integers: exact sums, a fixed-point inverse square root, two multiplications."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.tensor import Shape, TensorInfo

MAX_CHANNELS = 2**14
MAX_EPSILON_BITS = 44
NORM_BITS = 16
MAX_BITS = 26
MIN_SHIFT = 4
FIRST_GUESS = 0x8A1CAC08
"""2.158 * 2**30."""


@dataclass(frozen=True, kw_only=True)
class LayerNorm(ByElement):
    """For each row x of C values, with all sums and differences in int32 unless said otherwise:

    1. `total = sum(x)`, `squares = sum(x * x)`; `middle = total` if `centred`, else `C * zero_point`
    2. `w = (C * squares - middle * (2 * total - middle) << 8) + epsilon` (64 bits): the variance, or the mean square,
       times 2**8 * C**2
    3. `m = floor(w * 4**n)` with the n that brings it into [2**30, 2**32)
    4. `r = FIRST_GUESS - (m >> 2) - (m >> 4)`, then three times
       `r = mulhu(r, (3 << 28) - mulhu(mulhu(r, r), m)) << 3`: 2**46 / sqrt(m), unsigned
    5. `scale = (r + 2**(41 - bits - n)) >> (42 - bits - n)`: 2**(bits + 4) / sqrt(w), with the most `bits` that leave
       `(C * x[i] - middle) * scale` in 32 bits
    6. `norm = ((C * x[i] - middle) * scale + 2**(norm_shift - 1)) >> norm_shift`
    7. `y[i] = clamp((norm * gamma[j] + beta[j]) >> shift, -128, 127)` with `j = i // repeat`

    gamma, beta (C / repeat,) int32 hold the affine transform in units of `2**-shift` output steps; beta also the output
    zero point and the rounding. Where there are as many times more of them as there are rows, each row has its own.
    `mulhu(a, b)` is the upper half of the unsigned 64-bit product.
    """

    KIND: ClassVar[str] = "layernorm"
    CONSTANTS: ClassVar[Mapping[str, str]] = {"gamma": "int32", "beta": "int32"}
    SUMMARY = (
        "layer, instance, group, root mean square and L2 normalisation with scale and offset per channel"
    )

    centred: bool
    zero_point: int
    repeat: int
    epsilon: int
    bits: int
    norm_shift: int
    shift: int

    @classmethod
    def build(
        cls,
        name: str,
        x: TensorInfo,
        y: TensorInfo,
        gamma: NDArray[Any],
        beta: NDArray[Any] | None,
        epsilon: float,
        centred: bool = True,
        repeat: int = 1,
    ) -> tuple["LayerNorm", dict[str, Array]]:
        """Operator and constants for real `gamma`, `beta` (C / repeat,), or those of each row; raises `ModelError`
        naming node `name`.

        Without `centred` the mean stays: rows are divided by the root of their mean square.
        """
        channels = x.shape[-1]
        (x_scale, x_zero), (y_scale, y_zero) = x.quant, y.quant
        gain = np.asarray(gamma, np.float64) / y_scale
        offset = np.zeros_like(gain) if beta is None else np.asarray(beta, np.float64) / y_scale
        if not _fit(x, gain, repeat) or offset.shape != gain.shape or channels > MAX_CHANNELS:
            raise ModelError(
                f"node {name!r}: scale {gain.shape} and offset {offset.shape} do not fit {channels} channels "
                f"(at most {MAX_CHANNELS})"
            )
        steps = epsilon * channels**2 / x_scale**2 * 2**8
        if not (np.isfinite(gain).all() and np.isfinite(offset).all() and 0 <= steps < 2.0**MAX_EPSILON_BITS):
            raise ModelError(f"node {name!r}: scale, offset or epsilon {epsilon:g} is out of range")
        bits, norm_shift = _bits(channels)
        reach = math.sqrt(channels) * 2.0 ** (bits - norm_shift) + 1
        for shift in range(30, MIN_SHIFT - 1, -1):
            factor = np.floor(gain * 2.0 ** (shift - bits + norm_shift) + 0.5)
            constant = np.floor((offset + y_zero + 0.5) * 2.0**shift + 0.5)
            if (np.abs(factor) * reach + np.abs(constant)).max() < 2.0**31:
                op = cls(
                    centred=centred,
                    zero_point=x_zero,
                    repeat=repeat,
                    epsilon=max(1, round(steps)),
                    bits=bits,
                    norm_shift=norm_shift,
                    shift=shift,
                )
                return op, {"gamma": factor.astype(np.int32), "beta": constant.astype(np.int32)}
        raise ModelError(
            f"node {name!r}: the output scale {y_scale:g} is too small for scales up to {np.abs(gamma).max():g} and "
            "their offsets; quantise the output with a larger scale"
        )

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        channels = inputs[0].shape[-1]
        gamma, beta = constants["gamma"], constants["beta"]
        if not _fit(inputs[0], gamma, self.repeat) or beta.shape != gamma.shape:
            raise ModelError(f"LayerNorm: gamma and beta must have {channels} entries, or these for each row")
        if channels > MAX_CHANNELS or (self.bits, self.norm_shift) != _bits(channels):
            raise ModelError(f"LayerNorm: bits and norm_shift do not fit {channels} channels")
        if not (1 <= self.epsilon <= 2**MAX_EPSILON_BITS and MIN_SHIFT <= self.shift <= 30):
            raise ModelError(f"LayerNorm: epsilon {self.epsilon} or shift {self.shift} is out of range")
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x = inputs[0].astype(np.int64)
        channels = x.shape[-1]
        total, squares = x.sum(axis=-1, keepdims=True), (x * x).sum(axis=-1, keepdims=True)
        middle = total if self.centred else np.full_like(total, channels * self.zero_point)
        root, n = inverse_root(((channels * squares - middle * (2 * total - middle)) << 8) + self.epsilon)
        scale = (root + (np.int64(1) << (41 - self.bits - n))) >> (42 - self.bits - n)
        norm = ((channels * x - middle) * scale + (1 << (self.norm_shift - 1))) >> self.norm_shift
        gamma, beta = (self._spread(constants[key], x) for key in ("gamma", "beta"))
        y = (norm * gamma + beta) >> self.shift
        return (np.clip(y, -128, 127).astype(np.int8),)

    def _spread(self, constant: Array, x: Array) -> NDArray[np.int64]:
        """`constant` for each element of a row, or of all rows."""
        each = np.repeat(constant.astype(np.int64), self.repeat)
        return each if each.size == x.shape[-1] else each.reshape(x.shape)


def _fit(x: TensorInfo, gamma: NDArray[Any], repeat: int) -> bool:
    """True for as many factors as a row has groups of `repeat` elements, or as all rows have."""
    return gamma.ndim == 1 and repeat >= 1 and gamma.size * repeat in (x.shape[-1], x.size)


def inverse_root(w: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Steps 3 and 4 for positive `w` below 2**53: (r, n) with r = 2**46 / sqrt(w * 4**n).

    The straight line of step 4 is within 9.2 % of the curve; Newton's iteration squares the error three times and ends
    at most 2**-22 below it, never above.
    """
    n = (32 - np.frexp(w.astype(np.float64))[1].astype(np.int64)) >> 1
    m = np.where(n >= 0, w << (2 * np.maximum(n, 0)), w >> (-2 * np.minimum(n, 0)))
    r = FIRST_GUESS - (m >> 2) - (m >> 4)
    for _ in range(3):
        product = (((r * r) >> 32) * m) >> 32
        r = ((r * ((3 << 28) - product)) >> 32) << 3
    return r, n


def _bits(channels: int) -> tuple[int, int]:
    """(bits of the inverse root, shift that leaves `NORM_BITS` bits of the normalised value)."""
    largest = math.log2(channels) / 2
    bits = min(MAX_BITS, math.floor(30.9 - largest))
    return bits, bits - math.floor(NORM_BITS - largest)

"""LayerNorm over the last axis, in integers: exact sums, a fixed-point inverse square root, two multiplications."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo

MAX_CHANNELS = 2048
MAX_EPSILON_BITS = 44
NORM_BITS = 16
MAX_BITS = 26
MIN_SHIFT = 4
FIRST_GUESS = 0x8A1CAC08
"""2.158 * 2**30."""


@dataclass(frozen=True, kw_only=True)
class LayerNorm(Op):
    """For each row x of C values, with all sums and differences in int32 unless said otherwise:

    1. `total = sum(x)`, `squares = sum(x * x)`
    2. `w = (C * squares - total * total << 8) + epsilon` (64 bits): the variance times 2**8 * C**2
    3. `m = floor(w * 4**n)` with the n that brings it into [2**30, 2**32)
    4. `r = FIRST_GUESS - (m >> 2) - (m >> 4)`, then three times
       `r = mulhu(r, (3 << 28) - mulhu(mulhu(r, r), m)) << 3`: 2**46 / sqrt(m), unsigned
    5. `scale = (r + 2**(41 - bits - n)) >> (42 - bits - n)`: 2**(bits + 4) / sqrt(w), with the most `bits` that leave
       `(C * x[i] - total) * scale` in 32 bits
    6. `norm = ((C * x[i] - total) * scale + 2**(norm_shift - 1)) >> norm_shift`
    7. `y[i] = clamp((norm * gamma[i] + beta[i]) >> shift, -128, 127)`

    gamma, beta (C,) int32 hold the affine transform in units of `2**-shift` output steps; beta also the output zero
    point and the rounding. `mulhu(a, b)` is the upper half of the unsigned 64-bit product.
    """

    KIND: ClassVar[str] = "layernorm"
    CONSTANTS: ClassVar[Mapping[str, str]] = {"gamma": "int32", "beta": "int32"}
    SUMMARY = "layer normalisation over the last axis with scale and offset per channel"

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
    ) -> tuple["LayerNorm", dict[str, Array]]:
        """Operator and constants for real `gamma`, `beta` (C,); raises `ModelError` naming node `name`."""
        channels = x.shape[-1]
        (x_scale, _), (y_scale, y_zero) = x.quant, y.quant
        gain = np.asarray(gamma, np.float64) / y_scale
        offset = np.zeros(channels) if beta is None else np.asarray(beta, np.float64) / y_scale
        if gain.shape != (channels,) or offset.shape != (channels,) or channels > MAX_CHANNELS:
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
                op = cls(epsilon=max(1, round(steps)), bits=bits, norm_shift=norm_shift, shift=shift)
                return op, {"gamma": factor.astype(np.int32), "beta": constant.astype(np.int32)}
        raise ModelError(
            f"node {name!r}: the output scale {y_scale:g} is too small for scales up to {np.abs(gamma).max():g} and "
            "their offsets; quantise the output with a larger scale"
        )

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        channels = inputs[0].shape[-1]
        if constants["gamma"].shape != (channels,) or constants["beta"].shape != (channels,):
            raise ModelError(f"LayerNorm: gamma and beta must have {channels} entries")
        if channels > MAX_CHANNELS or (self.bits, self.norm_shift) != _bits(channels):
            raise ModelError(f"LayerNorm: bits and norm_shift do not fit {channels} channels")
        if not (1 <= self.epsilon <= 2**MAX_EPSILON_BITS and MIN_SHIFT <= self.shift <= 30):
            raise ModelError(f"LayerNorm: epsilon {self.epsilon} or shift {self.shift} is out of range")
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x = inputs[0].astype(np.int64)
        channels = x.shape[-1]
        total, squares = x.sum(axis=-1, keepdims=True), (x * x).sum(axis=-1, keepdims=True)
        root, n = inverse_root(((channels * squares - total * total) << 8) + self.epsilon)
        scale = (root + (np.int64(1) << (41 - self.bits - n))) >> (42 - self.bits - n)
        norm = ((channels * x - total) * scale + (1 << (self.norm_shift - 1))) >> self.norm_shift
        y = (norm * constants["gamma"].astype(np.int64) + constants["beta"].astype(np.int64)) >> self.shift
        return (np.clip(y, -128, 127).astype(np.int8),)


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

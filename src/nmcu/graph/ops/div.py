"""Div: quotient of two int8 tensors, by a table of reciprocals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.broadcast import broadcast_shape
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.tensor import Shape, TensorInfo

BITS = 22
"""Of a multiplier: a difference of two codes has 9 with its sign, and the product is one of 32."""
MAX_SHIFT = 30


@dataclass(frozen=True, kw_only=True)
class Div(ByElement):
    """`clamp(z_y + ((a - z_a) * multiplier[b] + 2**(shift[b] - 1)) >> shift[b], lo, hi)`; shapes broadcast as in NumPy.

    multiplier, shift (256,) int32 are those of each code of the divisor, `b + 128`: `multiplier / 2**shift` is
    `s_a / (s_b * s_y * (b - z_b))`, of which 22 bits count. A divisor of 0 gives the end of the range on the side of
    `a`, and 0 for 0. All fits int32.
    """

    KIND: ClassVar[str] = "div"
    INPUTS: ClassVar[int | None] = 2
    CONSTANTS: ClassVar[Mapping[str, str]] = {"multiplier": "int32", "shift": "int32"}
    SUMMARY = "quotient of two tensors; broadcasting, fused ReLU, ReLU6 or clip"

    zero_point_a: int
    zero_point: int
    lo: int = -128
    hi: int = 127

    @classmethod
    def build(
        cls, name: str, a: TensorInfo, b: TensorInfo, y: TensorInfo, *, lo: int = -128, hi: int = 127
    ) -> tuple["Div", dict[str, Array]]:
        """The operator for `y = a / b`."""
        (a_scale, a_zero), (b_scale, b_zero), (y_scale, y_zero) = a.quant, b.quant, y.quant
        divisor = np.arange(-128, 128).astype(np.float64) - b_zero
        with np.errstate(divide="ignore"):
            factor = a_scale / b_scale / y_scale / divisor
        factor[divisor == 0] = np.inf
        factor = np.clip(factor, -(2.0**9), 2.0**9)  # any difference of codes leaves the range
        _, exponent = np.frexp(factor)
        shift = np.clip(BITS - exponent.astype(np.int64), 1, MAX_SHIFT)
        multiplier = np.floor(np.ldexp(factor, shift) + 0.5)
        constants = {"multiplier": multiplier.astype(np.int32), "shift": shift.astype(np.int32)}
        return cls(zero_point_a=a_zero, zero_point=y_zero, lo=lo, hi=hi), constants

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        multiplier, shift = constants["multiplier"].astype(np.int64), constants["shift"]
        if multiplier.shape != (256,) or shift.shape != (256,):
            raise ModelError("Div: multipliers and shifts need 256 entries")
        if np.abs(multiplier).max() > 2**BITS or shift.min() < 1 or shift.max() > MAX_SHIFT:
            raise ModelError("Div: multipliers and shifts are too large for 32-bit products")
        return (broadcast_shape("Div", inputs),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        code = inputs[1].astype(np.int64) + 128
        multiplier, shift = (constants[key].astype(np.int64)[code] for key in ("multiplier", "shift"))
        product = (inputs[0].astype(np.int64) - self.zero_point_a) * multiplier
        y = self.zero_point + ((product + (np.int64(1) << (shift - 1))) >> shift)
        return (np.clip(y, self.lo, self.hi).astype(np.int8),)

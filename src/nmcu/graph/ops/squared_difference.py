"""SquaredDifference: the square of the difference of two int8 tensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import requant
from nmcu.graph.broadcast import broadcast_shape
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.tensor import Shape, TensorInfo

MULTIPLIER_BITS = 21
"""Of the larger multiplier: 255 times it, twice, fits int32."""
LIMIT = 2**15 - 1
"""Of a difference: its square fits int32."""


@dataclass(frozen=True, kw_only=True)
class SquaredDifference(ByElement, requant.Requantised):
    """`d = ((a - z_a) * m_a - (b - z_b) * m_b + 2**(s-1)) >> s` with `s = difference_shift`, limited to 15 bits and its
    sign, then `acc = d * d`, requantised with `multiplier` and `shift`. Shapes broadcast as in NumPy.

    A limited difference gives a result beyond the range of int8, and rounding the others moves none by more than 0.03
    steps. All but the requantisation fits int32.
    """

    KIND: ClassVar[str] = "squared_difference"
    INPUTS: ClassVar[int | None] = 2
    SUMMARY = "square of the difference of two tensors; broadcasting"

    zero_point_a: int
    zero_point_b: int
    multiplier_a: int
    multiplier_b: int
    difference_shift: int
    multiplier: int
    shift: int

    @classmethod
    def build(
        cls, name: str, a: TensorInfo, b: TensorInfo, y: TensorInfo
    ) -> tuple["SquaredDifference", dict[str, Array]]:
        """The operator for `y = (a - b)**2`; raises `ModelError` naming node `name`."""
        (a_scale, a_zero), (b_scale, b_zero), (y_scale, y_zero) = a.quant, b.quant, y.quant
        step = max(a_scale, b_scale) / 2.0**MULTIPLIER_BITS
        multipliers = [int(np.floor(scale / step + 0.5)) for scale in (a_scale, b_scale)]
        most = sum(multiplier * 255 for multiplier in multipliers)
        difference_shift = 1
        while (
            most >> difference_shift >= LIMIT and (LIMIT * step * 2.0**difference_shift) ** 2 < 512 * y_scale
        ):
            difference_shift += 1
        factor = np.array([(step * 2.0**difference_shift) ** 2 / y_scale])
        chosen = requant.choose(name, factor, np.zeros(1, np.int64), np.array([LIMIT**2]), y_zero)
        op = cls(
            form=chosen.form,
            zero_point=y_zero,
            zero_point_a=a_zero,
            zero_point_b=b_zero,
            multiplier_a=multipliers[0],
            multiplier_b=multipliers[1],
            difference_shift=difference_shift,
            multiplier=int(chosen.multiplier[0]),
            shift=int(chosen.shift[0]),
        )
        return op, {}

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if max(self.multiplier_a, self.multiplier_b) > 2**MULTIPLIER_BITS or self.difference_shift < 1:
            raise ModelError("SquaredDifference: multipliers are too large for 32-bit differences")
        return (broadcast_shape("SquaredDifference", inputs),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        a = (inputs[0].astype(np.int64) - self.zero_point_a) * self.multiplier_a
        b = (inputs[1].astype(np.int64) - self.zero_point_b) * self.multiplier_b
        d = (a - b + (1 << (self.difference_shift - 1))) >> self.difference_shift
        d = np.clip(d, -LIMIT, LIMIT)
        multiplier, shift = np.array(self.multiplier), np.array(self.shift)
        return (requant.apply(d * d, multiplier, shift, self.zero_point, self.lo, self.hi),)

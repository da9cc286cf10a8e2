"""Add and Sub: two int8 tensors in one common int32 domain, requantised once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.broadcast import broadcast_shape
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.requant import INT32_MAX, INT32_MIN
from nmcu.graph.tensor import Shape, TensorInfo

MIN_SHIFT = 10


@dataclass(frozen=True, kw_only=True)
class Add(ByElement):
    """`clamp(z_y + ((a - z_a) * m_a + (b - z_b) * m_b + 2**(s-1)) >> s, lo, hi)`; a negative m_b subtracts.

    The common domain has scale `s_y / 2**s`. Every intermediate of
    `a * m_a + b * m_b + rc`, `rc = 2**(s-1) + (z_y << s) - z_a * m_a - z_b * m_b`, fits int32 in any order,
    so a kernel computes `clamp((a * m_a + b * m_b + rc) >> s, lo, hi)`. Shapes broadcast as in NumPy.
    """

    KIND: ClassVar[str] = "add"
    INPUTS: ClassVar[int | None] = 2
    SUMMARY = "sum or difference of two tensors; broadcasting, fused ReLU, ReLU6 or clip"

    zero_point_a: int
    zero_point_b: int
    multiplier_a: int
    multiplier_b: int
    shift: int
    zero_point: int
    lo: int = -128
    hi: int = 127

    @property
    def kind(self) -> str:
        return "sub" if self.multiplier_b < 0 else "add"

    @property
    def rounding_constant(self) -> int:
        """`rc`: all constant terms, added once."""
        constant = (1 << (self.shift - 1)) + self.zero_point * (1 << self.shift)
        return constant - self.zero_point_a * self.multiplier_a - self.zero_point_b * self.multiplier_b

    @classmethod
    def build(
        cls,
        name: str,
        a: TensorInfo,
        b: TensorInfo,
        y: TensorInfo,
        *,
        sign: int = 1,
        lo: int = -128,
        hi: int = 127,
    ) -> tuple["Add", dict[str, Array]]:
        """The operator for `y = a + sign * b` with the largest shift that fits; raises `ModelError`."""
        scale = y.quant[0]
        for shift in range(30, MIN_SHIFT - 1, -1):
            op = cls(
                zero_point_a=a.quant[1],
                zero_point_b=b.quant[1],
                multiplier_a=int(np.floor(a.quant[0] / scale * 2.0**shift + 0.5)),
                multiplier_b=sign * int(np.floor(b.quant[0] / scale * 2.0**shift + 0.5)),
                shift=shift,
                zero_point=y.quant[1],
                lo=lo,
                hi=hi,
            )
            if op.fits_int32:
                return op, {}
        raise ModelError(
            f"node {name!r}: an input scale is more than {2 ** (20 - MIN_SHIFT)} times the output scale "
            f"{scale:g}; quantise with scales of similar size"
        )

    @property
    def fits_int32(self) -> bool:
        """True if no intermediate of the sum can leave int32, in any order."""
        return sums_fit(
            (-128 * self.multiplier_a, 127 * self.multiplier_a),
            (-128 * self.multiplier_b, 127 * self.multiplier_b),
            self.rounding_constant,
        )

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        return (broadcast_shape("Add", inputs),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        a = (inputs[0].astype(np.int64) - self.zero_point_a) * self.multiplier_a
        b = (inputs[1].astype(np.int64) - self.zero_point_b) * self.multiplier_b
        y = self.zero_point + ((a + b + (1 << (self.shift - 1))) >> self.shift)
        return (np.clip(y, self.lo, self.hi).astype(np.int8),)


def sums_fit(a: tuple[int, int], b: tuple[int, int], constant: int) -> bool:
    """True if sums of a product between those `a`, one between those `b` and `constant` fit int32, in any order."""
    reached = [constant, *a, *b]
    for p in a:
        for q in b:
            reached += [p + q, p + constant, q + constant, p + q + constant]
    return min(reached) >= INT32_MIN and max(reached) <= INT32_MAX

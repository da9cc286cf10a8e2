"""Mul: product of two int8 tensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.graph import requant
from nmcu.graph.broadcast import broadcast_shape
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Mul(ByElement, requant.Requantised):
    """`acc = (a - z_a) * (b - z_b)`, requantised with `multiplier` and `shift`. Shapes broadcast as in NumPy."""

    KIND: ClassVar[str] = "mul"
    INPUTS: ClassVar[int | None] = 2
    SUMMARY = "product of two tensors; broadcasting, fused ReLU, ReLU6 or clip"

    zero_point_a: int
    zero_point_b: int
    multiplier: int
    shift: int

    @classmethod
    def build(
        cls, name: str, a: TensorInfo, b: TensorInfo, y: TensorInfo, *, lo: int = -128, hi: int = 127
    ) -> tuple["Mul", dict[str, Array]]:
        """The operator for `y = a * b`; raises `ModelError` naming node `name`."""
        (a_scale, a_zero), (b_scale, b_zero), (y_scale, y_zero) = a.quant, b.quant, y.quant
        corners = [(p - a_zero) * (q - b_zero) for p in (-128, 127) for q in (-128, 127)]
        low, high = np.array([min(corners)], np.int64), np.array([max(corners)], np.int64)
        chosen = requant.choose(name, np.array([a_scale * b_scale / y_scale]), low, high, y_zero)
        op = cls(
            form=chosen.form,
            zero_point=y_zero,
            lo=lo,
            hi=hi,
            zero_point_a=a_zero,
            zero_point_b=b_zero,
            multiplier=int(chosen.multiplier[0]),
            shift=int(chosen.shift[0]),
        )
        return op, {}

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        return (broadcast_shape("Mul", inputs),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        a = inputs[0].astype(np.int32) - self.zero_point_a
        b = inputs[1].astype(np.int32) - self.zero_point_b
        multiplier, shift = np.array(self.multiplier), np.array(self.shift)
        return (requant.apply(a * b, multiplier, shift, self.zero_point, self.lo, self.hi),)

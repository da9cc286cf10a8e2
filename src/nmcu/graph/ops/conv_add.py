"""ConvAdd: a convolution and the sum of its result and a tensor, in one layer."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph import affine
from nmcu.graph.op import Array, Constants, Ints
from nmcu.graph.ops.add import MIN_SHIFT, Add, sums_fit
from nmcu.graph.ops.conv2d import Conv2d
from nmcu.graph.rows import Rows
from nmcu.graph.tensor import Shape, TensorInfo

LIMIT = 2**15 - 1
"""Of a result that no tensor holds: int16, with as many bits behind the point as its range leaves."""


@dataclass(frozen=True, kw_only=True)
class ConvAdd(Conv2d):
    """`Add` of `Conv2d`'s result and a tensor `r` of its shape, without a tensor between them.

    `form`, `zero_point`, `lo` and `hi` are of the convolution's result `v`, which is int8 or, from `build`, int16. Then
    `clamp(sum_zero_point + ((v - zero_point) * m + (r - z_r) * m_r + 2**(s-1)) >> s, sum_lo, sum_hi)` with
    `sum_multiplier` m, `residual_multiplier` m_r, `residual_zero_point` z_r and `sum_shift` s, all sums in int32 as in
    `Add`; a negative multiplier subtracts.
    """

    KIND: ClassVar[str] = "conv+add"
    INPUTS: ClassVar[int | None] = 2
    SUMMARY = "2-D convolution and the sum of its result, which no tensor holds, and a tensor"

    sum_multiplier: int
    residual_multiplier: int
    residual_zero_point: int
    sum_shift: int
    sum_zero_point: int
    sum_lo: int = -128
    sum_hi: int = 127

    @property
    def sum(self) -> Add:
        """The sum of the convolution's result and the tensor."""
        return Add(
            zero_point_a=self.zero_point,
            zero_point_b=self.residual_zero_point,
            multiplier_a=self.sum_multiplier,
            multiplier_b=self.residual_multiplier,
            shift=self.sum_shift,
            zero_point=self.sum_zero_point,
            lo=self.sum_lo,
            hi=self.sum_hi,
        )

    @classmethod
    def joined(cls, conv: Conv2d, add: Add, first: bool) -> "ConvAdd":
        """The same as `add` of the result of `conv`, which is its first operand or its second one."""
        (m, _), (m_r, z_r) = _operands(add) if first else reversed(_operands(add))
        return cls(
            **vars(conv),
            sum_multiplier=m,
            residual_multiplier=m_r,
            residual_zero_point=z_r,
            sum_shift=add.shift,
            sum_zero_point=add.zero_point,
            sum_lo=add.lo,
            sum_hi=add.hi,
        )

    @classmethod
    def of_real(
        cls,
        name: str,
        x: TensorInfo,
        residual: TensorInfo,
        y: TensorInfo,
        weight: NDArray[np.int8],
        weight_scale: NDArray[Any],
        bias: NDArray[Any] | None,
        *,
        signs: tuple[int, int] = (1, 1),
        strides: Ints = (1, 1),
        pads: Ints = (0, 0, 0, 0),
        dilations: Ints = (1, 1),
        groups: int = 1,
        lo: int = -128,
        hi: int = 127,
    ) -> tuple["ConvAdd", dict[str, Array]] | None:
        """Operator and constants for `signs[0]` times the real result plus `signs[1]` times `residual`, from real
        scales as `Conv2d.build`; None where the residual's scale is so large that the result would have less than a
        bit behind the point.

        The result is rounded to a power of two of the output's step, the smallest at which int16 holds all values for
        which the sum does not saturate, and the sum to the output. Raises `ModelError` naming node `name`.
        """
        (scale, zero), (r_scale, r_zero) = y.quant, residual.quant
        steps = max(hi - zero, zero - lo, 1) + max(127 - r_zero, r_zero + 128) * r_scale / scale
        bits = int(np.floor(np.log2(LIMIT / (steps + 1))))
        if bits < 1:
            return None
        for shift in range(30, MIN_SHIFT - 1, -1):
            op = cls(
                form="narrow",
                zero_point=0,
                lo=-LIMIT - 1,
                hi=LIMIT,
                strides=strides,
                pads=pads,
                dilations=dilations,
                groups=groups,
                input_zero_point=x.quant[1],
                weight_scale=(),
                sum_multiplier=signs[0] * (1 << max(shift - bits, 0)),
                residual_multiplier=signs[1] * int(np.floor(r_scale / scale * 2.0**shift + 0.5)),
                residual_zero_point=r_zero,
                sum_shift=shift,
                sum_zero_point=zero,
                sum_lo=lo,
                sum_hi=hi,
            )
            if op.fits_int32:
                return op.with_weights(name, x, y, weight, weight_scale, bias)
        return None

    def with_weights(
        self,
        name: str,
        x: TensorInfo,
        y: TensorInfo,
        weight: NDArray[np.int8],
        weight_scale: NDArray[Any],
        bias: NDArray[Any] | None,
    ) -> tuple["ConvAdd", dict[str, Array]]:
        """This operator and its constants with other weights and biases, which are as of `Conv2d.build`."""
        steps = 2.0**self.sum_shift / abs(self.sum_multiplier)
        result = TensorInfo(f"{name} result", (), scale=y.quant[0] / steps, zero_point=self.zero_point)
        folded = affine.fold(
            name,
            x,
            result,
            weight.reshape(weight.shape[0], -1),
            weight_scale,
            bias,
            limit=self.hi,
            finer=steps if self.hi == LIMIT else 1,
        )
        op = dataclasses.replace(self, form=folded.form, weight_scale=folded.weight_scale)
        return op, folded.constants(weight)

    @property
    def fits_int32(self) -> bool:
        """True if no intermediate of the sum can leave int32, in any order."""
        return sums_fit(
            (self.lo * self.sum_multiplier, self.hi * self.sum_multiplier),
            (-128 * self.residual_multiplier, 127 * self.residual_multiplier),
            self.sum.rounding_constant,
        )

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        (shape,) = super().shapes(inputs[:1], constants)
        if inputs[1].shape != shape:
            raise ModelError(
                f"ConvAdd: a result of shape {shape} and a tensor {inputs[1].shape} do not add up"
            )
        return (shape,)

    def rows_read(
        self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows
    ) -> tuple[Rows | None, ...] | None:
        found = super().rows_read(inputs[:1], constants, rows)
        return None if found is None else (*found, rows)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        (result,) = super().reference(inputs[:1], constants)
        return self.sum.reference((result, inputs[1]), {})


def _operands(add: Add) -> tuple[tuple[int, int], tuple[int, int]]:
    """(multiplier, zero point) of both."""
    return (add.multiplier_a, add.zero_point_a), (add.multiplier_b, add.zero_point_b)

"""Convert: a state between the int8 that files hold and the int16 that a layer computes with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.fixed_point import decompose, rescale
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo

WIDENED = {"int8": 256, "int16": 1}
"""What values are multiplied with before they are rescaled, by the type that they come from."""


@dataclass(frozen=True, kw_only=True)
class Convert(Op):
    """`y = clamp(rescale(w * (x - input_zero_point)) + zero_point)` to the range of `dtype`; w is 256 for int8 values,
    1 for int16 ones; `rescale` is that of `fixed_point`."""

    KIND: ClassVar[str] = "convert"
    SUMMARY = "state from int8 to int16, or back"

    dtype: Literal["int8", "int16"]
    input_zero_point: int
    zero_point: int
    multiplier: int
    exponent: int

    @classmethod
    def build(cls, x: TensorInfo, y: TensorInfo) -> "Convert":
        """From the type and quantisation of `x` to those of `y`."""
        (a, zero), (b, other) = x.quant, y.quant
        multiplier, exponent = decompose(a / b / WIDENED[x.dtype])
        return cls(
            dtype=y.dtype,  # type: ignore[arg-type]
            input_zero_point=zero,
            zero_point=other,
            multiplier=multiplier,
            exponent=exponent,
        )

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if inputs[0].dtype not in WIDENED:
            raise ModelError(f"Convert: an input of {inputs[0].dtype}; supported: int8 and int16")
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x, limits = inputs[0], np.iinfo(np.dtype(self.dtype))
        values = WIDENED[str(x.dtype)] * (x.astype(np.int64) - self.input_zero_point)
        y = rescale(values, self.multiplier, self.exponent) + self.zero_point
        return (np.clip(y, limits.min, limits.max).astype(limits.dtype),)

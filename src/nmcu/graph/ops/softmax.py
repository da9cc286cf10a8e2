"""Softmax over the last axis, in integers: two tables and one 32-bit division per element."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.tensor import Shape, TensorInfo

MIN_FRACTION_BITS = 12


@dataclass(frozen=True, kw_only=True)
class Softmax(ByElement):
    """For each row x of C values:

    1. `top = max(x)`; `d[i] = top - x[i]`, 0..255
    2. `total = sum(exponential[d[i]])`, below 2**31
    3. `y[i] = clamp(z_y + (numerator[d[i]] + (total >> 1)) / total, -128, 127)`, unsigned 32-bit division

    exponential (256,) uint32 is `round(exp(-d * s_x) * 2**f)`, numerator (256,) uint32 is
    `round(exp(-d * s_x) * 2**f / s_y)`; f is the largest that keeps steps 2 and 3 within 32 bits.
    """

    KIND: ClassVar[str] = "softmax"
    CONSTANTS: ClassVar[Mapping[str, str]] = {"exponential": "uint32", "numerator": "uint32"}
    SUMMARY = "softmax over the last axis"

    zero_point: int

    @classmethod
    def build(cls, name: str, x: TensorInfo, y: TensorInfo) -> tuple["Softmax", dict[str, Array]]:
        """Operator and tables for rows of `x.shape[-1]` values; raises `ModelError` naming node `name`."""
        bits = int(np.floor(min(31 - np.log2(x.shape[-1] + 1), 31 + np.log2(y.quant[0]))))
        if bits < MIN_FRACTION_BITS:
            raise ModelError(
                f"node {name!r}: softmax over {x.shape[-1]} values with output scale {y.quant[0]:g} needs "
                "more than 32 bits: fewer values or a larger output scale are needed"
            )
        value = np.exp(-np.arange(256) * x.quant[0]) * 2.0 ** min(bits, 30)
        return cls(zero_point=y.quant[1]), {
            "exponential": np.floor(value + 0.5).astype(np.uint32),
            "numerator": np.floor(value / y.quant[0] + 0.5).astype(np.uint32),
        }

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        exponential, numerator = constants["exponential"], constants["numerator"]
        if exponential.shape != (256,) or numerator.shape != (256,):
            raise ModelError("Softmax: both tables need 256 entries")
        if int(exponential.max()) * inputs[0].shape[-1] >= 2**31 or int(numerator.max()) > 2**31:
            raise ModelError("Softmax: the tables are too large for 32-bit sums")
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x = inputs[0].astype(np.int64)
        d = x.max(axis=-1, keepdims=True) - x
        total = constants["exponential"].astype(np.int64)[d].sum(axis=-1, keepdims=True)
        share = (constants["numerator"].astype(np.int64)[d] + (total >> 1)) // total
        return (np.clip(self.zero_point + share, -128, 127).astype(np.int8),)

"""LogSoftmax over the last axis, in integers: tables for the exponential and the logarithm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.tensor import Shape, TensorInfo

MAX_FRACTION_BITS = 22
MIN_FRACTION_BITS = 12
MIN_SCALE = 2.0**-9
"""The largest error of the logarithm, whose table has 256 entries an octave."""


@dataclass(frozen=True, kw_only=True)
class LogSoftmax(ByElement):
    """For each row x of C values:

    1. `top = max(x)`; `d[i] = top - x[i]`, 0..255
    2. `total = sum(exponential[d[i]])`, below 2**31 and at least `2**fraction_bits`
    3. `k = bit_length(total) - 1`; `m = (total >> (k - 8)) & 255`;
       `logarithm = (k - fraction_bits) * octave + mantissa[m]`
    4. `y[i] = clamp(z_y - ((distance[d[i]] + logarithm + 2**(shift-1)) >> shift), -128, 127)`

    exponential (256,) uint32 is `round(exp(-d * s_x) * 2**fraction_bits)`; distance (256,) int32 is
    `d * s_x`, mantissa (256,) int32 `ln((m + 256.5) / 256)`, octave `ln 2`, in units of `s_y / 2**shift`.
    """

    KIND: ClassVar[str] = "logsoftmax"
    CONSTANTS: ClassVar[Mapping[str, str]] = {
        "exponential": "uint32",
        "distance": "int32",
        "mantissa": "int32",
    }
    SUMMARY = "logarithm of softmax over the last axis"

    zero_point: int
    fraction_bits: int
    octave: int
    shift: int

    @classmethod
    def build(cls, name: str, x: TensorInfo, y: TensorInfo) -> tuple["LogSoftmax", dict[str, Array]]:
        """Operator and tables for rows of `x.shape[-1]` values; raises `ModelError` naming node `name`."""
        if y.quant[0] < MIN_SCALE:
            raise ModelError(
                f"node {name!r}: log-softmax with output scale {y.quant[0]:g}; supported: {MIN_SCALE:g} and more, to "
                "which its logarithm is known"
            )
        bits = min(MAX_FRACTION_BITS, int(np.floor(31 - np.log2(x.shape[-1] + 1))))
        largest = (255 * x.quant[0] + 32 * np.log(2)) / y.quant[0]
        shift = int(np.floor(30 - np.log2(largest)))
        if bits < MIN_FRACTION_BITS or shift < 4:
            raise ModelError(
                f"node {name!r}: log-softmax over {x.shape[-1]} values with these scales needs over 32 bits"
            )
        shift = min(shift, 16)
        unit = 2.0**shift / y.quant[0]
        codes = np.arange(256)
        op = cls(zero_point=y.quant[1], fraction_bits=bits, octave=round(np.log(2) * unit), shift=shift)
        return op, {
            "exponential": np.floor(np.exp(-codes * x.quant[0]) * 2.0**bits + 0.5).astype(np.uint32),
            "distance": np.floor(codes * x.quant[0] * unit + 0.5).astype(np.int32),
            "mantissa": np.floor(np.log((codes + 256.5) / 256) * unit + 0.5).astype(np.int32),
        }

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if any(table.shape != (256,) for table in constants.values()):
            raise ModelError("LogSoftmax: the tables need 256 entries")
        if int(constants["exponential"].max()) * inputs[0].shape[-1] >= 2**31:
            raise ModelError("LogSoftmax: the exponential table is too large for 32-bit sums")
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x = inputs[0].astype(np.int64)
        d = x.max(axis=-1, keepdims=True) - x
        total = constants["exponential"].astype(np.int64)[d].sum(axis=-1, keepdims=True)
        k = np.frexp(total.astype(np.float64))[1].astype(np.int64) - 1
        m = (total >> (k - 8)) & 255
        logarithm = (k - self.fraction_bits) * self.octave + constants["mantissa"].astype(np.int64)[m]
        v = constants["distance"].astype(np.int64)[d] + logarithm
        y = self.zero_point - ((v + (1 << (self.shift - 1))) >> self.shift)
        return (np.clip(y, -128, 127).astype(np.int8),)

"""Decode: border node from a tensor the device wrote to the model's own output (dtype, layout)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Decode(Op):
    """To the model's dtype, reshape to `shape`, then transpose by `perm`.

    float32: `(x - zero_point) * scale`; uint8: `x + 128`; int8, int32 and int64: the value as it is.
    """

    KIND: ClassVar[str] = "dequantize"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "device output to the model's own dtype and layout; runs on the host"

    dtype: Literal["float32", "uint8", "int8", "int32", "int64"]
    perm: Ints
    shape: Ints
    scale: float
    zero_point: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if sorted(self.perm) != list(range(len(self.shape))):
            raise ModelError(f"Decode: permutation {self.perm} does not fit shape {self.shape}")
        return (tuple(self.shape[p] for p in self.perm),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x = inputs[0].reshape(self.shape).transpose(self.perm)
        if self.dtype == "float32":
            return ((x.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale),)
        if self.dtype == "uint8":
            return ((x.astype(np.int16) + 128).astype(np.uint8),)
        return (x.astype(self.dtype),)

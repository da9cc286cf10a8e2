"""Dequantize: a layer's accumulators to the float32 values that they stand for, on the device."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Dequantize(Op):
    """`float32(x) * scale`, a float32 product; x int32; scale (1,), or (C,) with one for each channel (last axis)."""

    KIND: ClassVar[str] = "rescale"
    CONSTANTS: ClassVar[Mapping[str, str]] = {"scale": "float32"}
    SUMMARY = "the accumulators of a layer whose result is not quantised, times their scale: float32"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        x, scale = inputs[0], constants["scale"]
        if x.dtype != "int32" or scale.shape not in ((1,), (x.shape[-1],)):
            raise ModelError(f"Dequantize: scales {scale.shape} do not fit {x.dtype} input {x.shape}")
        return (x.shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (inputs[0].astype(np.float32) * constants["scale"],)

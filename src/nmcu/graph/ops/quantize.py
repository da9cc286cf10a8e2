"""Quantize: float32 to int8, on the device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Quantize(Op):
    """`clamp(round_half_even(x / scale) + zero_point, -128, 127)`, a float32 quotient; NaN is the zero point."""

    KIND: ClassVar[str] = "to int8"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "float32 to int8, where a float section ends"

    scale: float
    zero_point: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if inputs[0].dtype != "float32":
            raise ModelError(f"Quantize: the input is {inputs[0].dtype}, must be float32")
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        with np.errstate(all="ignore"):
            ratio = np.rint(inputs[0] / np.float32(self.scale))
        whole = np.nan_to_num(ratio, nan=0.0, posinf=1024.0, neginf=-1024.0)
        return (np.clip(whole + self.zero_point, -128, 127).astype(np.int8),)

"""Encode: border node from the model's own input (dtype, layout) to the tensor the device reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo

BorderDtype = Literal["float32", "uint8", "int8"]


@dataclass(frozen=True, kw_only=True)
class Encode(Op):
    """Transpose by `perm`, reshape to `shape`, then to int8 with `scale` and `zero_point`, unless `to` is float32.

    float32: `clamp(round_half_even(x / scale) + zero_point)`, as ONNX QuantizeLinear; uint8: `x - 128`;
    int8: as it is.
    """

    KIND: ClassVar[str] = "quantize"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "model input to the device's int8 layout; runs on the host"

    dtype: BorderDtype
    to: Literal["int8", "float32"] = "int8"
    perm: Ints
    shape: Ints
    scale: float
    zero_point: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if sorted(self.perm) != list(range(len(inputs[0].shape))) or inputs[0].dtype != self.dtype:
            raise ModelError(
                f"Encode: permutation {self.perm} from {self.dtype} does not fit input {inputs[0]}"
            )
        return (self.shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x = inputs[0].transpose(self.perm).reshape(self.shape)
        if self.to == "float32":
            return (x,)
        if self.dtype == "float32":
            ratio = np.rint(x.astype(np.float32) / np.float32(self.scale))
            return (np.clip(ratio + np.float32(self.zero_point), -128, 127).astype(np.int8),)
        if self.dtype == "uint8":
            return ((x.astype(np.int16) - 128).astype(np.int8),)
        return (x,)

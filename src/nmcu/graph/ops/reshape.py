"""Reshape: the same bytes with another shape, row-major."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Reshape(Op):
    """Row-major (NHWC) reinterpretation; an alias that moves no data."""

    KIND: ClassVar[str] = "reshape"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "reshape, flatten, squeeze, unsqueeze; an alias"

    shape: Ints

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if math.prod(self.shape) != inputs[0].size:
            raise ModelError(f"Reshape: {inputs[0].shape} does not have as many elements as {self.shape}")
        return (self.shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (inputs[0].reshape(self.shape),)

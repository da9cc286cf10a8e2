"""FloatPair: a float32 function of two values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import float32
from nmcu.graph.broadcast import broadcast_shape
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class FloatPair(Op):
    """`y = function(a, b)`, one of `float32.BINARY`, with NumPy broadcasting."""

    KIND: ClassVar[str] = "float arithmetic"
    FLOAT: ClassVar[bool] = True
    INPUTS: ClassVar[int] = 2
    SUMMARY = "add, sub, mul, div, min, max of float32 values, with broadcasting, in soft float"

    function: str

    @property
    def kind(self) -> str:
        return f"float {self.function}"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        kinds = {x.dtype for x in inputs}
        if self.function not in float32.BINARY or kinds != {"float32"}:
            raise ModelError(
                f"FloatPair: {self.function!r} of {', '.join(sorted(kinds))} is none of its functions of float32"
            )
        return (broadcast_shape("FloatPair", inputs),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        with np.errstate(all="ignore"):
            y = float32.BINARY[self.function](inputs[0], inputs[1])
        return (float32.canonical(y),)

"""FloatMap: a float32 function of one value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import float32
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class FloatMap(Op):
    """`y = function(x, alpha, beta)`, one of `float32.UNARY`."""

    KIND: ClassVar[str] = "float function"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "element-wise function of float32 values: exp, log, tanh, sigmoid, sqrt, ... in soft float"

    function: str
    alpha: float = 0.0
    beta: float = 0.0

    @property
    def kind(self) -> str:
        return f"float {self.function}"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if self.function not in float32.UNARY or inputs[0].dtype != "float32":
            raise ModelError(
                f"FloatMap: {self.function!r} of {inputs[0].dtype} is none of its functions of float32"
            )
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        function = float32.UNARY[self.function]
        with np.errstate(all="ignore"):
            y = function(inputs[0], np.float32(self.alpha), np.float32(self.beta))
        return (float32.canonical(y),)

"""FloatRows: a float32 function of all values along the last axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import float32
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo

WHOLE = frozenset({"softmax", "logsoftmax"})
"""Functions that keep a row's width; the others give one value, the axis kept with size 1."""


@dataclass(frozen=True, kw_only=True)
class FloatRows(Op):
    """`y[..., :] = function(x[..., :])`, one of `float32.ROWS`."""

    KIND: ClassVar[str] = "float rows"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "sum, mean, max, min, softmax, log-softmax of float32 values over the last axis, in soft float"

    function: str

    @property
    def kind(self) -> str:
        return f"float {self.function}"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        x = inputs[0]
        if self.function not in float32.ROWS or x.dtype != "float32":
            raise ModelError(f"FloatRows: {self.function!r} of {x.dtype} is none of its functions of float32")
        return (x.shape if self.function in WHOLE else (*x.shape[:-1], 1),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        with np.errstate(all="ignore"):
            return (float32.canonical(float32.ROWS[self.function](inputs[0])),)

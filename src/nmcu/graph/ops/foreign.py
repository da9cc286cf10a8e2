"""Foreign: a piece of an ONNX network that another compiler runs, as one operator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import ClassVar

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo

_NAMES = (
    "Abs Acos Acosh Add Asin Asinh Atan Atanh Ceil Celu Clip Cos Cosh Div Elu Erf Exp Floor "
    "HardSigmoid HardSwish LeakyRelu Log Max Mean Min Mish Mul Neg Pow Reciprocal Relu Round Selu "
    "Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Tan Tanh ThresholdedRelu"
)
ELEMENTWISE = frozenset(_NAMES.split())
"""ONNX operators whose results are functions of the values at the same place, where all tensors have one shape."""


@dataclass(frozen=True, kw_only=True)
class Foreign(Op):
    """The ONNX model whose bytes are `model`: its inputs and outputs are this operator's, in their order.

    A tensor lies as the ONNX model has it, row by row in the order of its axes; only its shape may be written with
    other axes of size 1. int8 tensors are quantised outside: the model begins with their DequantizeLinear and ends with
    the QuantizeLinear of its results; float32 and int32 ones are what they are. The outputs' shapes stand one after the
    other in `dims`, of `ranks` axes each.

    A subclass is what one compiler makes of it: `check` raises a `NmcuError` with the compiler's own reason where that
    is nothing, `reference` is its own result on this machine.
    """

    KIND: ClassVar[str] = "foreign"
    INPUTS: ClassVar[int | None] = None
    CONSTANTS: ClassVar[Mapping[str, str]] = {"model": "uint8"}
    WEIGHTS: ClassVar[tuple[str, ...]] = ()
    FLOAT: ClassVar[bool] = True
    SUMMARY = "a piece of an ONNX network that another compiler runs"

    dims: Ints
    ranks: Ints

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if sum(self.ranks) != len(self.dims) or not self.ranks or min(self.ranks) < 0:
            raise ModelError(f"{type(self).__name__}: ranks {self.ranks} do not fit dimensions {self.dims}")
        ends = (0, *accumulate(self.ranks))
        return tuple(self.dims[start:end] for start, end in pairwise(ends))

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        raise ModelError(f"{type(self).__name__}: no compiler is named that runs this piece")

    def check(self, constants: Constants) -> None:
        """Raise a `NmcuError` where the compiler cannot run the model."""
        raise ModelError(f"{type(self).__name__}: no compiler is named that runs this piece")

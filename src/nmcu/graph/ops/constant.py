"""Constant: an int8 tensor that is part of the model (position embeddings, constant operands)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Constant(Op):
    """The tensor `value`, int8; no inputs. The output is an alias of the constant."""

    KIND: ClassVar[str] = "constant"
    INPUTS: ClassVar[int | None] = 0
    CONSTANTS: ClassVar[Mapping[str, str]] = {"value": "int8"}
    SUMMARY = "constant operand"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        return (constants["value"].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (constants["value"],)

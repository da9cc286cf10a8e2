"""FloatConstant: a float32 tensor known at compile time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class FloatConstant(Op):
    """The constant itself; no inputs."""

    KIND: ClassVar[str] = "float constant"
    INPUTS: ClassVar[int] = 0
    CONSTANTS: ClassVar[Mapping[str, str]] = {"value": "float32"}
    SUMMARY = "a constant float32 tensor"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        return (tuple(constants["value"].shape),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (constants["value"],)

"""Slice: every step-th element of a range on each axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Slice(Op):
    """Output axis i takes elements `starts[i]`, `starts[i] + steps[i]`, ... `shape[i]` of them; steps >= 1."""

    KIND: ClassVar[str] = "slice"
    SUMMARY = "slices with positive steps on any axes; split"

    starts: Ints
    steps: Ints
    shape: Ints

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        given = inputs[0].shape
        if not len(self.starts) == len(self.steps) == len(self.shape) == len(given):
            raise ModelError(f"Slice: starts, steps and shape must have {len(given)} entries each")
        for start, step, count, size in zip(self.starts, self.steps, self.shape, given, strict=True):
            if start < 0 or step < 1 or count < 1 or start + step * (count - 1) >= size:
                raise ModelError(
                    f"Slice: starts {self.starts}, steps {self.steps}, shape {self.shape} leave {given}"
                )
        return (self.shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        index = tuple(
            slice(start, start + step * (count - 1) + 1, step)
            for start, step, count in zip(self.starts, self.steps, self.shape, strict=True)
        )
        return (np.ascontiguousarray(inputs[0][index]),)

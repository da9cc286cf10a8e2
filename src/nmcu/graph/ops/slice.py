"""Slice: evenly spaced elements of each axis, in either direction, or one of them again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Slice(Op):
    """Output axis i has the `shape[i]` elements `starts[i]`, `starts[i] + steps[i]`, ... of the input's.

    A negative step reverses, a step of 0 repeats the first element.
    """

    KIND: ClassVar[str] = "slice"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "evenly spaced elements of any axes: slices, split, reversal, repetition"

    starts: Ints
    steps: Ints
    shape: Ints

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        given = inputs[0].shape
        if not len(self.starts) == len(self.steps) == len(self.shape) == len(given):
            raise ModelError(f"Slice: starts, steps and shape must have {len(given)} entries each")
        for start, step, count, size in zip(self.starts, self.steps, self.shape, given, strict=True):
            if count < 1 or not (0 <= start < size and 0 <= start + step * (count - 1) < size):
                raise ModelError(
                    f"Slice: starts {self.starts}, steps {self.steps}, shape {self.shape} leave {given}"
                )
        return (self.shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        index = [
            start + step * np.arange(count)
            for start, step, count in zip(self.starts, self.steps, self.shape, strict=True)
        ]
        return (inputs[0][np.ix_(*index)],)

"""Pad: a constant border around a tensor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Pad(Op):
    """`before` and `after` give the number of elements of `value` added on each axis."""

    KIND: ClassVar[str] = "pad"
    SUMMARY = "constant padding"

    before: Ints
    after: Ints
    value: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        shape = inputs[0].shape
        if not len(self.before) == len(self.after) == len(shape) or min(self.before + self.after) < 0:
            raise ModelError(f"Pad: {self.before} and {self.after} do not fit shape {shape}")
        return (tuple(b + s + a for b, s, a in zip(self.before, shape, self.after, strict=True)),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        widths = tuple(zip(self.before, self.after, strict=True))
        return (np.pad(inputs[0], widths, constant_values=self.value),)

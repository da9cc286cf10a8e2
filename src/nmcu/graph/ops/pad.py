"""Pad: a constant border around a tensor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.rows import Rows, Windows, height
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Pad(Op):
    """`before` and `after` give the number of elements of `value` added on each axis."""

    KIND: ClassVar[str] = "pad"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "constant padding"

    before: Ints
    after: Ints
    value: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        shape = inputs[0].shape
        if not len(self.before) == len(self.after) == len(shape) or min(self.before + self.after) < 0:
            raise ModelError(f"Pad: {self.before} and {self.after} do not fit shape {shape}")
        return (tuple(b + s + a for b, s, a in zip(self.before, shape, self.after, strict=True)),)

    def rows_read(
        self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows
    ) -> tuple[Rows | None, ...] | None:
        return self._windows(inputs[0]).read(rows) if height(inputs[0].shape) else None

    def of_rows(self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows) -> Self:
        above, below = self._windows(inputs[0]).padding(rows)
        before, after = self.before, self.after
        return replace(self, before=(before[0], above, *before[2:]), after=(after[0], below, *after[2:]))

    def _windows(self, x: TensorInfo) -> Windows:
        return Windows(x.shape[1], 1, 1, self.before[1])

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        widths = tuple(zip(self.before, self.after, strict=True))
        return (np.pad(inputs[0], widths, constant_values=self.value),)

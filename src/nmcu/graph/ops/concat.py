"""Concat: tensors with the same quantisation one after the other along an axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.rows import Rows, of_elements
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Concat(Op):
    """Any number of inputs; all other axes must be equal."""

    KIND: ClassVar[str] = "concat"
    FLOAT: ClassVar[bool] = True
    INPUTS: ClassVar[int | None] = None
    SUMMARY = "concatenation along any axis"

    axis: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        first = inputs[0].shape
        if not 0 <= self.axis < len(first):
            raise ModelError(f"Concat: axis {self.axis} does not exist in shape {first}")
        for x in inputs[1:]:
            same = len(x.shape) == len(first)
            if not same or any(
                d != e for i, (d, e) in enumerate(zip(x.shape, first, strict=True)) if i != self.axis
            ):
                raise ModelError(f"Concat: shapes {first} and {x.shape} differ outside axis {self.axis}")
            if (x.dtype, x.scale, x.zero_point) != (inputs[0].dtype, inputs[0].scale, inputs[0].zero_point):
                raise ModelError(
                    f"Concat: inputs {inputs[0].name!r} and {x.name!r} are quantised differently; must be equal"
                )
        total = sum(x.shape[self.axis] for x in inputs)
        return ((*first[: self.axis], total, *first[self.axis + 1 :]),)

    def rows_read(
        self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows
    ) -> tuple[Rows | None, ...] | None:
        along = len(inputs[0].shape) == 4 and self.axis in (2, 3)
        return of_elements(inputs, rows) if along else None

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (np.concatenate(inputs, axis=self.axis),)

"""Operators that are computed by rows in the same way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.rows import Rows, Windows, of_elements
from nmcu.graph.tensor import TensorInfo


@dataclass(frozen=True, kw_only=True)
class ByElement(Op):
    """A row of the output is computed from the same row of every map."""

    def rows_read(
        self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows
    ) -> tuple[Rows | None, ...] | None:
        return of_elements(inputs, rows)

    def many(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        broadcast = len({array.ndim for array in inputs}) > 1  # the runs' axes would not meet
        return super().many(inputs, constants) if broadcast else self.reference(inputs, constants)


@dataclass(frozen=True, kw_only=True)
class ByWindow(Op):
    """A row of the output is computed from the rows under its windows, with (top, left, bottom, right) `pads`.

    The reference takes maps (N, H, W, C) of N runs.
    """

    pads: Ints

    def windows(self, x: TensorInfo, constants: Constants) -> Windows:
        """The windows along the rows of `x`."""
        raise NotImplementedError

    def rows_read(
        self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows
    ) -> tuple[Rows | None, ...] | None:
        return self.windows(inputs[0], constants).read(rows)

    def of_rows(self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows) -> Self:
        above, below = self.windows(inputs[0], constants).padding(rows)
        return replace(self, pads=(above, self.pads[1], below, self.pads[3]))

    def many(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        maps = [array.reshape(-1, *array.shape[2:]) for array in inputs]
        return tuple(y[:, np.newaxis] for y in self.reference(maps, constants))

"""Ranges of rows: which rows of an operator's inputs some rows of its output are computed from.

Rows run along the second axis of (1, height, width, channels). A range (first, end) leaves `end` out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmcu.graph.tensor import Shape, TensorInfo

Rows = tuple[int, int]


def height(shape: Shape) -> int:
    """Rows of a map; 0 for a tensor of another form."""
    return shape[1] if len(shape) == 4 and shape[0] == 1 else 0


def of_elements(inputs: Sequence[TensorInfo], rows: Rows) -> tuple[Rows | None, ...] | None:
    """What an element-wise operator reads for `rows`: the same rows of every map, all of an operand without rows."""
    found: list[Rows | None] = []
    for tensor in inputs:
        if height(tensor.shape) > 1:
            found.append(rows)
        elif len(tensor.shape) < 3 or tensor.shape[-3] == 1:
            found.append(None)
        else:
            return None
    return tuple(found)


def of_indices(*indices: NDArray[np.int32], rows: Rows) -> Rows:
    """What an operator reads whose output row i is made of the input's rows `index[i]`, for each index."""
    first, end = rows
    return int(min(i[first:end].min() for i in indices)), int(max(i[first:end].max() for i in indices)) + 1


@dataclass(frozen=True)
class Windows:
    """Windows along the rows of a map of `size` rows, with `pad` rows of padding above it."""

    size: int
    kernel: int
    stride: int
    pad: int
    dilation: int = 1

    def read(self, rows: Rows) -> tuple[Rows] | None:
        """Rows of the map under the windows of the output's `rows`; None where they lie in the padding alone."""
        first, end = self._touched(rows)
        found = max(first, 0), min(end, self.size)
        return (found,) if found[0] < found[1] else None

    def padding(self, rows: Rows) -> tuple[int, int]:
        """Rows of padding above and below the map under these windows."""
        first, end = self._touched(rows)
        return max(-first, 0), max(end - self.size, 0)

    def _touched(self, rows: Rows) -> Rows:
        first, end = rows
        top = first * self.stride - self.pad
        return top, top + (end - first - 1) * self.stride + (self.kernel - 1) * self.dilation + 1

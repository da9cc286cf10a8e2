"""ResizeBilinear: each element from four neighbours, with 11-bit weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph import window
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.rows import Rows, of_indices
from nmcu.graph.tensor import Shape, TensorInfo

WEIGHT_BITS = 11
ONE = 1 << WEIGHT_BITS


@dataclass(frozen=True, kw_only=True)
class ResizeBilinear(Op):
    """For output row i between input rows `top[i]` and `bottom[i]`, `row_weight[i]` (0..2048) parts of the latter:

    1. `above = x[top, left] * (2048 - column_weight) + x[top, right] * column_weight`, `below` likewise
    2. `y = (above * (2048 - row_weight) + below * row_weight + 2**21) >> 22`

    Scale and zero point stay; everything fits int32.
    """

    KIND: ClassVar[str] = "resize"
    CONSTANTS: ClassVar[Mapping[str, str]] = {
        "top": "int32",
        "bottom": "int32",
        "row_weight": "int32",
        "left": "int32",
        "right": "int32",
        "column_weight": "int32",
    }
    SUMMARY = "bilinear resize to any size"

    @classmethod
    def build(
        cls, rows: NDArray[np.float64], columns: NDArray[np.float64], size: tuple[int, int]
    ) -> tuple["ResizeBilinear", dict[str, Array]]:
        """From the real input coordinate of each output row and column; coordinates outside are moved to the edge."""
        top, bottom, row_weight = _between(rows, size[0])
        left, right, column_weight = _between(columns, size[1])
        return cls(), {
            "top": top,
            "bottom": bottom,
            "row_weight": row_weight,
            "left": left,
            "right": right,
            "column_weight": column_weight,
        }

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        height, width, channels = window.map_shape("ResizeBilinear", inputs[0])
        for keys, size in ((("top", "bottom"), height), (("left", "right"), width)):
            for key in keys:
                index = constants[key]
                if index.ndim != 1 or index.size == 0 or index.min() < 0 or index.max() >= size:
                    raise ModelError(f"ResizeBilinear: {key} must be a list of indices below {size}")
        return ((1, constants["top"].size, constants["left"].size, channels),)

    def rows_read(
        self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows
    ) -> tuple[Rows | None, ...] | None:
        return (of_indices(constants["top"], constants["bottom"], rows=rows),)

    def constants_of_rows(self, constants: Constants, rows: Rows) -> Constants:
        start, _ = of_indices(constants["top"], constants["bottom"], rows=rows)
        cut = {key: constants[key][rows[0] : rows[1]] for key in ("top", "bottom", "row_weight")}
        return {**constants, **cut, "top": cut["top"] - start, "bottom": cut["bottom"] - start}

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x = inputs[0][0].astype(np.int32)
        column = constants["column_weight"][np.newaxis, :, np.newaxis]
        row = constants["row_weight"][:, np.newaxis, np.newaxis]
        mixed = x[:, constants["left"]] * (ONE - column) + x[:, constants["right"]] * column
        total = mixed[constants["top"]] * (ONE - row) + mixed[constants["bottom"]] * row
        y = (total + (1 << (2 * WEIGHT_BITS - 1))) >> (2 * WEIGHT_BITS)
        return (y.astype(np.int8)[np.newaxis],)


def _between(
    position: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    clipped = np.clip(position, 0, size - 1)
    first = np.floor(clipped).astype(np.int32)
    weight = np.floor((clipped - first) * ONE + 0.5).astype(np.int32)
    return first, np.minimum(first + 1, size - 1).astype(np.int32), weight

"""ResizeNearest: rows and columns of a map picked by index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import window
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.rows import Rows, of_indices
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class ResizeNearest(Op):
    """`y[i, j] = x[rows[i], columns[j]]`; rows (OH,), columns (OW,) int32 hold the model's coordinate rule."""

    KIND: ClassVar[str] = "resize"
    CONSTANTS: ClassVar[Mapping[str, str]] = {"rows": "int32", "columns": "int32"}
    SUMMARY = "nearest-neighbour resize to any size"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        height, width, channels = window.map_shape("ResizeNearest", inputs[0])
        for key, size in (("rows", height), ("columns", width)):
            index = constants[key]
            if index.ndim != 1 or index.size == 0 or index.min() < 0 or index.max() >= size:
                raise ModelError(f"ResizeNearest: {key} must be a list of indices below {size}")
        return ((1, constants["rows"].size, constants["columns"].size, channels),)

    def rows_read(
        self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows
    ) -> tuple[Rows | None, ...] | None:
        return (of_indices(constants["rows"], rows=rows),)

    def constants_of_rows(self, constants: Constants, rows: Rows) -> Constants:
        start, _ = of_indices(constants["rows"], rows=rows)
        return {**constants, "rows": constants["rows"][rows[0] : rows[1]] - start}

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (np.ascontiguousarray(inputs[0][:, constants["rows"]][:, :, constants["columns"]]),)

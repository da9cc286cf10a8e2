"""Resize, from the real input coordinate of each output row and column."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.lower.elementwise import requantize
from nmcu.frontend.lower.shape import named
from nmcu.graph import Builder, TensorInfo, ops

Coordinates = NDArray[np.float64]
Rounding = Literal["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]


def nearest(
    b: Builder,
    name: str,
    x: TensorInfo,
    y: TensorInfo,
    rows: Coordinates,
    columns: Coordinates,
    rounding: Rounding,
) -> TensorInfo:
    """Each output element copies one input element."""
    picked = {
        "rows": _nearest(rows, x.shape[1], rounding),
        "columns": _nearest(columns, x.shape[2], rounding),
    }
    return _finished(b, name, x, y, ops.ResizeNearest(), picked)


def bilinear(
    b: Builder, name: str, x: TensorInfo, y: TensorInfo, rows: Coordinates, columns: Coordinates
) -> TensorInfo:
    """Each output element mixes four input elements."""
    op, constants = ops.ResizeBilinear.build(rows, columns, (x.shape[1], x.shape[2]))
    return _finished(b, name, x, y, op, constants)


def _finished(
    b: Builder, name: str, x: TensorInfo, y: TensorInfo, op: ops.Op, constants: dict[str, NDArray[np.int32]]
) -> TensorInfo:
    if x.quant == y.quant:
        return b.add(name, op, [x], [y], constants)[0]
    resized = b.add(name, op, [x], [named(x, f"{y.name} resized")], constants)[0]
    return requantize(b, f"{name} requantize", resized, y)


def _nearest(position: Coordinates, size: int, rounding: Rounding) -> NDArray[np.int32]:
    functions: dict[str, Callable[[Coordinates], Coordinates]] = {
        "floor": np.floor,
        "ceil": np.ceil,
        "round_prefer_floor": lambda p: np.ceil(p - 0.5),
        "round_prefer_ceil": lambda p: np.floor(p + 0.5),
    }
    index = np.clip(functions[rounding](position), 0, size - 1)
    return index.astype(np.int32)

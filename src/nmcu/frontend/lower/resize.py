"""Resize, from the real input coordinate of each output row and column."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.lower.elementwise import requantize
from nmcu.frontend.lower.shape import named
from nmcu.graph import Builder, TensorInfo, ops

Coordinates = NDArray[np.float64]
Rounding = Literal["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]
ROUNDINGS: tuple[Rounding, ...] = get_args(Rounding)
Rule = Literal["half_pixel", "pytorch_half_pixel", "half_pixel_symmetric", "asymmetric", "align_corners"]
RULES: tuple[Rule, ...] = get_args(Rule)


def coordinates(rule: Rule, old: int, new: int, scale: float) -> Coordinates:
    """The input coordinate of each of `new` output elements over `old` input elements, by a rule of ONNX's Resize."""
    x = np.arange(new, dtype=np.float64)
    if rule == "asymmetric":
        return x / scale
    if rule == "align_corners":
        return x * (old - 1) / (new - 1) if new > 1 else np.zeros(1)
    if rule == "pytorch_half_pixel" and new == 1:
        return np.zeros(1)
    offset = old / 2 * (1 - new / (scale * old)) if rule == "half_pixel_symmetric" else 0.0
    return offset + (x + 0.5) / scale - 0.5


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
    indices = picked(rows, columns, (x.shape[1], x.shape[2]), rounding)
    return _finished(b, name, x, y, ops.ResizeNearest(), indices)


def picked(
    rows: Coordinates, columns: Coordinates, size: tuple[int, int], rounding: Rounding
) -> dict[str, NDArray[np.int32]]:
    """The indices of `ResizeNearest` into a map of `size` (height, width)."""
    return {"rows": _nearest(rows, size[0], rounding), "columns": _nearest(columns, size[1], rounding)}


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

"""Resize: what each output row and column reads, by the rules of ONNX's Resize."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.lower.elementwise import requantize
from nmcu.frontend.lower.shape import named
from nmcu.graph import Builder, TensorInfo, ops

Coordinates = NDArray[np.float64]
Indices = NDArray[np.int32]
Rounding = Literal["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]
ROUNDINGS: tuple[Rounding, ...] = get_args(Rounding)
Rule = Literal["half_pixel", "pytorch_half_pixel", "half_pixel_symmetric", "asymmetric", "align_corners"]
RULES: tuple[Rule, ...] = get_args(Rule)


_TIE = 1e-6


def coordinates(rule: Rule, old: int, new: int, scale: float) -> Coordinates:
    """The input coordinate of each of `new` output elements over `old` input elements."""
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
    rows: Indices,
    columns: Indices,
) -> TensorInfo:
    """Each output element copies one input element."""
    return _finished(b, name, x, y, ops.ResizeNearest(), {"rows": rows, "columns": columns})


def picked(rule: Rule, rounding: Rounding, old: int, new: int, scale: float) -> Indices:
    """The input element that each of `new` output elements copies, from `old` ones: as ONNX Runtime 1.32 picks it.

    Its coordinates are float32, and a millionth counts as a tie when it rounds to nearest.
    """
    position = _single(rule, old, new, np.float32(scale)).astype(np.float64)
    functions: dict[str, Callable[[Coordinates], Coordinates]] = {
        "floor": np.floor,
        "ceil": np.ceil,
        "round_prefer_floor": lambda p: np.ceil(p - 0.5 - _TIE),
        "round_prefer_ceil": lambda p: np.floor(p + 0.5 + _TIE),
    }
    return np.clip(functions[rounding](position), 0, old - 1).astype(np.int32)


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


def _single(rule: Rule, old: int, new: int, scale: np.float32) -> NDArray[np.float32]:
    """`coordinates` with every step in float32, except where ONNX Runtime takes float64."""
    x, half, one = np.arange(new, dtype=np.float32), np.float32(0.5), np.float32(1)
    if rule == "asymmetric":
        return x / scale
    if rule == "align_corners":
        return x * np.float32(old - 1) / np.float32(max(new - 1, 1))
    if rule == "pytorch_half_pixel" and new == 1:
        return x
    if rule == "half_pixel_symmetric":
        offset = np.float32(old) * half * (one - np.float32(new) / (scale * np.float32(old)))
        return (np.float64(offset) + (x.astype(np.float64) + 0.5) / np.float64(scale) - 0.5).astype(
            np.float32
        )
    return (x + half) / scale - half

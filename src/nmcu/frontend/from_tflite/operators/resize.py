"""RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR."""

from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import resize as lower
from nmcu.frontend.lower.shape import named
from nmcu.graph import TensorInfo

MAX_SIZE = 2**14
_PARTS = 1024


def nearest(c: Context) -> None:
    """Rounds half up with aligned corners, otherwise down."""
    o = c.options(tflite.ResizeNearestNeighborOptions)
    corners, centres = _rule(c, o)
    rows, columns = (picked(old, new, corners, centres) for old, new in _sizes(c))
    c.write_copy(lower.nearest(c.builder, c.name, c.x(), _place(c), rows, columns))


def picked(old: int, new: int, corners: bool, centres: bool) -> lower.Indices:
    """The input element that each of `new` output elements copies, from `old` ones: as LiteRT 2.3 picks it.

    Its coordinates are float32; without corners and centres those of its reference kernel only: the default kernel
    agrees with exact arithmetic, which decides where the two differ.
    """
    x = np.arange(new, dtype=np.int64)
    if not corners and not centres:
        return (x * old // new).astype(np.int32)
    between = 1 if corners and new > 1 else 0
    scale = np.float32(old - between) / np.float32(new - between)
    position = (x.astype(np.float32) + np.float32(0.5 if centres else 0.0)) * scale
    index: lower.Indices = np.floor(position + np.float32(0.5 if corners else 0.0)).astype(np.int32)
    return index.clip(0, old - 1)


def bilinear(c: Context) -> None:
    """Between the four neighbours."""
    o = c.options(tflite.ResizeBilinearOptions)
    corners, centres = _rule(c, o)
    rows, columns = (between(old, new, corners, centres) for old, new in _sizes(c))
    c.write_copy(lower.bilinear(c.builder, c.name, c.x(), _place(c), rows, columns))


def between(old: int, new: int, corners: bool, centres: bool) -> NDArray[np.float64]:
    """The input coordinate of each of `new` output elements over `old` ones: as LiteRT 2.3 rounds it.

    Its kernels round the ratio of the sizes to 1/1024 and multiply it by the element's index: at the far end of a map,
    coordinates are off by up to half as many 1024ths as it has elements.
    """
    between = 1 if corners and new > 1 else 0
    step = (_PARTS * (old - between) + (new - between) // 2) // (new - between)
    position = np.arange(new, dtype=np.int64) * step + (step // 2 - _PARTS // 2 if centres else 0)
    return position / _PARTS


def _rule(c: Context, o: Any) -> tuple[bool, bool]:
    """Whether corners are aligned, whether coordinates are those of centres."""
    corners, centres = bool(o.AlignCorners()), bool(o.HalfPixelCenters())
    if corners and centres:
        raise c.error("aligns corners and centres at once; supported: one of them, as in LiteRT")
    return corners, centres


def _place(c: Context) -> TensorInfo:
    """The output, as yet with the input's quantisation."""
    return named(c.x(), c.y().name)


def _sizes(c: Context) -> list[tuple[int, int]]:
    """(old, new) height, then width."""
    x, sizes = c.x(), c.ints(1)
    if len(x.shape) != 4 or len(sizes) != 2 or not all(1 <= s <= MAX_SIZE for s in sizes):
        raise c.error(f"resizes {x.shape} to {sizes}; supported: maps, height and width 1 to {MAX_SIZE}")
    return list(zip(x.shape[1:3], sizes, strict=True))

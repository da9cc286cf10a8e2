"""RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR."""

from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import resize as lower

MAX_SIZE = 2**14


def nearest(c: Context) -> None:
    """Rounds half up with aligned corners, otherwise down."""
    o = c.options(tflite.ResizeNearestNeighborOptions)
    rows, columns = _coordinates(c, o, half_pixel_offset=0.0)
    rounding: lower.Rounding = "round_prefer_ceil" if o.AlignCorners() else "floor"
    c.write(lower.nearest(c.builder, c.name, c.x(), c.y(), rows, columns, rounding))


def bilinear(c: Context) -> None:
    """Between the four neighbours."""
    o = c.options(tflite.ResizeBilinearOptions)
    rows, columns = _coordinates(c, o, half_pixel_offset=0.5)
    c.write(lower.bilinear(c.builder, c.name, c.x(), c.y(), rows, columns))


def _coordinates(c: Context, o: Any, half_pixel_offset: float) -> list[NDArray[np.float64]]:
    """Input coordinates; with half-pixel centres nearest neighbour rounds down without going back half a pixel."""
    x, sizes = c.x(), c.ints(1)
    if len(x.shape) != 4 or len(sizes) != 2 or not all(1 <= s <= MAX_SIZE for s in sizes):
        raise c.error(f"resizes {x.shape} to {sizes}; supported: maps, height and width 1 to {MAX_SIZE}")
    found = []
    for old, new in zip(x.shape[1:3], sizes, strict=True):
        position = np.arange(new, dtype=np.float64)
        if o.AlignCorners():
            found.append(position * (old - 1) / (new - 1) if new > 1 else np.zeros(1))
        elif o.HalfPixelCenters():
            found.append((position + 0.5) * (old / new) - half_pixel_offset)
        else:
            found.append(position * (old / new))
    return found

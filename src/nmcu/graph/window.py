"""Sliding windows over an NHWC map: output size, padding, patches."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph.op import Ints
from nmcu.graph.tensor import TensorInfo


def map_shape(what: str, info: TensorInfo) -> tuple[int, int, int]:
    """(H, W, C) of an NHWC tensor with N = 1; raises `ModelError` for any other shape."""
    if len(info.shape) != 4 or info.shape[0] != 1:
        raise ModelError(
            f"{what}: input {info.name!r} has shape {info.shape}, must be (1, height, width, channels)"
        )
    return info.shape[1], info.shape[2], info.shape[3]


def output_size(
    what: str, size: Sequence[int], kernel: Sequence[int], strides: Ints, pads: Ints, dilations: Ints = (1, 1)
) -> tuple[int, int]:
    """(OH, OW) for `pads` = (top, left, bottom, right); raises `ModelError` where no window fits."""
    if len(strides) != 2 or len(dilations) != 2 or len(pads) != 4:
        raise ModelError(f"{what}: strides, dilations and pads need 2, 2 and 4 entries")
    if min(*kernel, *strides, *dilations) < 1 or min(pads) < 0:
        raise ModelError(f"{what}: kernel, strides and dilations must be positive and pads not negative")
    result = []
    for axis in (0, 1):
        room = size[axis] + pads[axis] + pads[axis + 2] - dilations[axis] * (kernel[axis] - 1) - 1
        if room < 0:
            raise ModelError(f"{what}: kernel {tuple(kernel)} is larger than the padded map {tuple(size)}")
        result.append(room // strides[axis] + 1)
    return result[0], result[1]


def patches(
    x: NDArray[Any], kernel: Sequence[int], strides: Ints, pads: Ints, fill: int, dilations: Ints = (1, 1)
) -> NDArray[Any]:
    """A view (N, OH, OW, KH, KW, C) of the windows of `x` (N, H, W, C), padded with `fill`."""
    top, left, bottom, right = pads
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    span = tuple(d * (k - 1) + 1 for d, k in zip(dilations, kernel, strict=True))
    view = sliding_window_view(padded, span, axis=(1, 2))
    view = view[:, :: strides[0], :: strides[1], :, :: dilations[0], :: dilations[1]]
    return view.transpose(0, 1, 2, 4, 5, 3)

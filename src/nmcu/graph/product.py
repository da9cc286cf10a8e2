"""What products of two activations share: heads as slices of the channels, and how large a sum can become."""

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph.op import Array
from nmcu.graph.tensor import TensorInfo


def reach(zero_a: int, zero_b: int, count: int) -> tuple[int, int]:
    """Smallest and largest sum of `count` products `(a - zero_a) * (b - zero_b)` of int8 values."""
    corners = [(p - zero_a) * (q - zero_b) for p in (-128, 127) for q in (-128, 127)]
    return count * min(corners), count * max(corners)


def check_slice(what: str, x: TensorInfo, offset: int, channels: int) -> None:
    """Raise `ModelError` unless `x` is (tokens, channels) and has channels [offset, offset + channels)."""
    if len(x.shape) != 2 or offset < 0 or offset + channels > x.shape[1]:
        raise ModelError(
            f"{what}: channels {offset} to {offset + channels} are needed, the input has shape {x.shape}"
        )


def head(x: Array, zero_point: int, offset: int, index: int, size: int) -> NDArray[np.float64]:
    """Channels of head `index` of (tokens, channels), zero point taken off; sums of products are exact in float64."""
    first = offset + index * size
    return x[:, first : first + size].astype(np.float64) - zero_point

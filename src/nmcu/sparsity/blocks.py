"""The block view that masks and detection share: weights as (groups, group, taps, blocks, M)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError


def split(weight: NDArray[Any], m: int, group: int) -> NDArray[Any]:
    """`weight` (Cout, taps..., Cin) as (ceil(Cout/group), group, taps, ceil(Cin/m), m), zero-padded.

    Blocks run along the last axis and never cross a tap: a tap that `m` does not divide ends in a block that
    is filled up with zeros, and so is the last group of channels.
    """
    if weight.ndim < 2 or weight.size == 0:
        raise NmcuError(
            f"weights of shape {weight.shape} have no reduction axis: (Cout, taps..., Cin) is needed"
        )
    cout, cin = weight.shape[0], weight.shape[-1]
    flat = weight.reshape(cout, -1, cin)
    padded = np.pad(flat, ((0, -cout % group), (0, 0), (0, -cin % m)))
    return padded.reshape(padded.shape[0] // group, group, flat.shape[1], padded.shape[2] // m, m)


def join(blocks: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The inverse of `split`: blocks back to `shape`, padding dropped."""
    groups, group, taps, count, m = blocks.shape
    flat = blocks.reshape(groups * group, taps, count * m)
    return flat[: shape[0], :, : shape[-1]].reshape(shape)

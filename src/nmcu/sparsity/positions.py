"""Where the non-zeros of N:M-sparse weights are, block by block: what every packed format is made from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.sparsity.blocks import join, split
from nmcu.sparsity.pattern import NMPattern


@dataclass(frozen=True, eq=False)
class Entries:
    """Exactly N entries for every block of every group of channels.

    `position` (groups, taps, blocks, N) uint8 counts from the block's start and does not decrease within a block;
    `value` (groups, G, taps, blocks, N) int8. A block with fewer non-zeros is filled up with zeros at the position of
    its last entry.
    """

    pattern: NMPattern
    position: NDArray[np.uint8]
    value: NDArray[np.int8]


def entries(weight: NDArray[Any], pattern: NMPattern) -> Entries:
    """The entries of int8 `weight` (Cout, taps..., Cin); raises `NmcuError` where `pattern` does not hold."""
    blocks = split(weight, pattern.m, pattern.group)
    used = np.any(blocks != 0, axis=1)
    count = used.sum(axis=-1, keepdims=True)
    if count.max() > pattern.n:
        group, tap, block = (int(i) for i in np.argwhere(count[..., 0] > pattern.n)[0])
        raise NmcuError(
            f"weights are not {pattern}: channel {group * pattern.group}, tap {tap}, block {block} has "
            f"{int(count[group, tap, block, 0])} positions with non-zeros"
        )
    first = np.argsort(~used, axis=-1, kind="stable")[..., : pattern.n]
    slot = np.arange(pattern.n)
    last = np.take_along_axis(first, np.maximum(count - 1, 0), axis=-1)
    position = np.where(slot < count, first, np.where(count > 0, last, 0))
    value = np.take_along_axis(blocks, position[:, np.newaxis], axis=-1)
    value = np.where((slot < count)[:, np.newaxis], value, 0)
    return Entries(pattern, position.astype(np.uint8), value.astype(np.int8))


def weights(packed: Entries, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """The inverse of `entries` for weights of `shape`."""
    groups, group, taps, blocks, _ = packed.value.shape
    dense = np.zeros((groups, group, taps, blocks, packed.pattern.m), np.int8)
    where = np.broadcast_to(packed.position[:, np.newaxis], packed.value.shape)
    for slot in range(packed.pattern.n):
        at = where[..., slot : slot + 1].astype(np.intp)
        present = np.take_along_axis(dense, at, axis=-1)
        np.put_along_axis(dense, at, present | packed.value[..., slot : slot + 1], axis=-1)
    return join(dense, shape)

"""How word_gather_mac's weights are packed: N entries for every block of M positions, in chunks (gmac.h)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.kernels.kernel import align
from nmcu.sparsity import NMPattern, Support, blocks
from nmcu.sparsity.offsets import BLOCKS
from nmcu.sparsity.support import of_pattern

FOUR = 4
"""Entries whose weights are one word."""


@dataclass(frozen=True)
class Format:
    """`n` (1, 2, 4 or 8) entries for every block of `m` (4, 8 or 16) positions of a tap."""

    n: int
    m: int

    @property
    def chunk(self) -> int:
        """Entries whose offsets are one word."""
        return 16 if self.m == 4 else 8

    def used(self, taps: int, channels: int) -> int:
        """Entries of one output channel before they are filled up."""
        return taps * -(-channels // self.m) * self.n

    def entries(self, taps: int, channels: int) -> int:
        """Entries of one output channel: whole halves of chunks."""
        return align(self.used(taps, channels), self.chunk // 2)

    def instructions(self, entries: int) -> float:
        """Of the inner loop, for one output channel: gathers, loads of weights and of offsets."""
        return entries * (1 + 1 / FOUR + 1 / self.chunk)

    def entry_bytes(self, entries: int) -> int:
        """Bytes of the values and offsets of one output channel."""
        return entries + 4 * -(-entries // self.chunk)


@lru_cache(maxsize=64)
def best_format(support: Support) -> Format | None:
    """The format that holds `support` with the fewest entries; None where more than half of some block is in use."""
    channels = support.nonzero.shape[-1]
    found = []
    for m in BLOCKS:
        most = int(blocks.split(support.nonzero, m, 1).sum(axis=-1).max(initial=1))
        n = 1 << (most - 1).bit_length()
        if 2 * n <= m:
            found.append(Format(n, m))
    return min(found, key=lambda f: (f.used(support.taps, channels), f.m), default=None)


def pack(weight: NDArray[Any], fmt: Format) -> NDArray[np.uint8]:
    """(Cout, bytes): values and offsets of int8 `weight` (Cout, taps..., Cin), channel by channel."""
    cout = weight.shape[0]
    support = of_pattern(weight, NMPattern(fmt.n, fmt.m))
    slots = support.entries()
    entries = fmt.entries(support.taps, weight.shape[-1])
    offset = (slots.position % fmt.m).astype(np.uint32).reshape(cout, -1)
    value = support.values(weight, slots).reshape(cout, -1)
    chunks = -(-entries // fmt.chunk)
    fill = ((0, 0), (0, chunks * fmt.chunk - offset.shape[1]))
    of_chunk = np.pad(offset, fill).reshape(cout, chunks, fmt.chunk)
    shift = np.arange(fmt.chunk, dtype=np.uint32) * np.uint32(32 // fmt.chunk)
    where = np.bitwise_or.reduce(of_chunk << shift, axis=-1, keepdims=True).astype("<u4")
    values = np.ascontiguousarray(np.pad(value, fill)).reshape(cout, chunks, fmt.chunk).view(np.uint8)
    parts = (values[..., :FOUR], where.view(np.uint8), values[..., FOUR:])
    data: NDArray[np.uint8] = np.concatenate(parts, axis=-1).reshape(cout, -1)
    return data[:, : fmt.entry_bytes(entries)]

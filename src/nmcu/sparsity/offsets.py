"""Values with packed offsets: the published format (Daghero et al., MLSys 2025), read by xDecimate too."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.sparsity.pattern import NMPattern
from nmcu.sparsity.positions import Entries, entries, weights

SUPPORTED_M = (4, 8, 16)


@dataclass(frozen=True, eq=False)
class Offsets:
    """One entry for every block: `value` (Cout, n) int8 and `word` (Cout, words) uint32 of offsets in their blocks.

    Offsets are 2 bits wide for M = 4 and 4 bits for M = 8 and 16, the first ones in the low bits. n is a multiple of
    the offsets in a word; entries after the last block are zeros.
    """

    pattern: NMPattern
    value: NDArray[np.int8]
    word: NDArray[np.uint32]


def offsets_per_word(m: int) -> int:
    """Offsets in a 32-bit word."""
    return 16 if m == 4 else 8


def words_per_channel(pattern: NMPattern, taps: int, cin: int) -> int:
    """Words of offsets for one output channel of `taps` taps of `cin` weights."""
    return -(-taps * -(-cin // pattern.m) // offsets_per_word(pattern.m))


def packed_bytes(pattern: NMPattern, shape: tuple[int, ...]) -> tuple[int, int]:
    """Exact bytes of (values, offsets) for weights of `shape` (Cout, taps..., Cin)."""
    words = words_per_channel(pattern, int(np.prod(shape[1:-1], dtype=np.int64)), shape[-1])
    return shape[0] * words * offsets_per_word(pattern.m), shape[0] * words * 4


def pack(weight: NDArray[Any], pattern: NMPattern) -> Offsets:
    """Packs int8 `weight` (Cout, taps..., Cin); raises `NmcuError` unless it is 1:4, 1:8 or 1:16 sparse."""
    if pattern.n != 1 or pattern.m not in SUPPORTED_M or pattern.group != 1:
        raise NmcuError(f"the offset format holds 1:4, 1:8 and 1:16, not {pattern}")
    found = entries(weight, pattern)
    cout = found.value.shape[0]
    per_word = offsets_per_word(pattern.m)
    position = found.position.reshape(cout, -1).astype(np.uint32)
    value = found.value.reshape(cout, -1)
    fill = -position.shape[1] % per_word
    offsets = np.pad(position, ((0, 0), (0, fill))).reshape(cout, -1, per_word)
    shift = np.arange(per_word, dtype=np.uint32) * np.uint32(32 // per_word)
    word = np.bitwise_or.reduce(offsets << shift, axis=-1)
    return Offsets(pattern, np.pad(value, ((0, 0), (0, fill))), word)


def unpack(packed: Offsets, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """The inverse of `pack` for weights of `shape`."""
    per_word = offsets_per_word(packed.pattern.m)
    bits = 32 // per_word
    shift = np.arange(per_word, dtype=np.uint32) * np.uint32(bits)
    every = (packed.word[..., np.newaxis] >> shift) & np.uint32(2**bits - 1)
    taps = int(np.prod(shape[1:-1], dtype=np.int64))
    blocks = -(-shape[-1] // packed.pattern.m)
    cout = packed.value.shape[0]
    position = every.reshape(cout, -1)[:, : taps * blocks].reshape(cout, taps, blocks, 1)
    value = packed.value[:, : taps * blocks].reshape(cout, 1, taps, blocks, 1)
    return weights(Entries(packed.pattern, position.astype(np.uint8), value), shape)

"""Values with packed offsets: the published format (Daghero et al., MLSys 2025), read by xDecimate too."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.sparsity.pattern import NMPattern
from nmcu.sparsity.support import Support, of_pattern

BLOCKS = (4, 8, 16)


@dataclass(frozen=True, eq=False)
class Offsets:
    """One entry for every block: `value` (Cout, n) int8 and `word` (Cout, words) uint32 of offsets in their blocks.

    Offsets are 2 bits wide for M = 4 and 4 bits for M = 8 and 16, the first ones in the low bits. n is a multiple of
    the offsets in a word; entries after the last block are zeros.
    """

    m: int
    value: NDArray[np.int8]
    word: NDArray[np.uint32]


def refusal(support: Support | None) -> str | None:
    """Why `support` does not fit the format, or None."""
    pattern = support.pattern if support else None
    if pattern is None or pattern.n != 1 or pattern.m not in (*BLOCKS, 2 * BLOCKS[-1]):
        return "weights that are not 1:4, 1:8 or 1:16 sparse"
    return None


def block_of(support: Support) -> int:
    """M of the format for a support that is not refused: its own, or the largest where it is sparser (1:32)."""
    return min(support.block, BLOCKS[-1])


def offsets_per_word(m: int) -> int:
    """Offsets in a 32-bit word."""
    return 16 if m == 4 else 8


def words_per_channel(m: int, taps: int, cin: int) -> int:
    """Words of offsets for one output channel of `taps` taps of `cin` weights."""
    return -(-taps * -(-cin // m) // offsets_per_word(m))


def packed_bytes(m: int, shape: tuple[int, ...]) -> tuple[int, int]:
    """Exact bytes of (values, offsets) for weights of `shape` (Cout, taps..., Cin)."""
    words = words_per_channel(m, int(np.prod(shape[1:-1], dtype=np.int64)), shape[-1])
    return shape[0] * words * offsets_per_word(m), shape[0] * words * 4


def pack(weight: NDArray[Any], support: Support) -> Offsets:
    """Packs int8 `weight` (Cout, taps..., Cin); raises `NmcuError` where the format does not hold its support."""
    reason = refusal(support)
    if reason is not None:
        raise NmcuError(f"the offset format holds 1:4, 1:8 and 1:16, not {support.name}")
    m = block_of(support)
    own = of_pattern(weight, NMPattern(1, m))
    slots = own.entries()
    cout = weight.shape[0]
    per_word = offsets_per_word(m)
    position = (slots.position % m).astype(np.uint32).reshape(cout, -1)
    value = own.values(weight, slots).reshape(cout, -1)
    fill = -position.shape[1] % per_word
    offsets = np.pad(position, ((0, 0), (0, fill))).reshape(cout, -1, per_word)
    shift = np.arange(per_word, dtype=np.uint32) * np.uint32(32 // per_word)
    word = np.bitwise_or.reduce(offsets << shift, axis=-1)
    return Offsets(m, np.pad(value, ((0, 0), (0, fill))), word)


def unpack(packed: Offsets, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """The inverse of `pack` for weights of `shape`."""
    per_word = offsets_per_word(packed.m)
    bits = 32 // per_word
    shift = np.arange(per_word, dtype=np.uint32) * np.uint32(bits)
    every = (packed.word[..., np.newaxis] >> shift) & np.uint32(2**bits - 1)
    cout, cin = shape[0], shape[-1]
    taps, blocks = int(np.prod(shape[1:-1], dtype=np.int64)), -(-cin // packed.m)
    position = every.reshape(cout, -1)[:, : taps * blocks].reshape(cout, taps, blocks, 1)
    value = packed.value[:, : taps * blocks].reshape(cout, taps, blocks, 1)
    dense = np.zeros((cout, taps, blocks, packed.m), np.int8)
    np.put_along_axis(dense, position.astype(np.intp), value, axis=-1)
    return np.ascontiguousarray(dense.reshape(cout, taps, -1)[..., :cin]).reshape(shape)

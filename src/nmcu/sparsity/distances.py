"""Values with distance bytes: the format of the word gather."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.sparsity.pattern import NMPattern
from nmcu.sparsity.positions import Entries, entries, weights

UNROLL = 4
"""Entries of a segment come in fours."""


@dataclass(frozen=True, eq=False)
class Distances:
    """Segments of entries with the distances between them.

    A segment is a run of taps whose positions are numbered through: position p of tap t is `t * tap_words + p`.
    `value` (groups, G, segments, n) int8 and `distance` (groups, 1 + segments * n) uint8, in units of `step` bytes
    already: from the start of the first segment to the first entry, then from each entry to the next one, where
    segments follow each other without a gap; the last one leads to the end of the last segment. n is a multiple of
    four: each segment ends with zeros at its last position.
    """

    pattern: NMPattern
    taps: int
    tap_words: int
    step: int
    value: NDArray[np.int8]
    distance: NDArray[np.uint8]


def entries_per_segment(pattern: NMPattern, taps: int, cin: int) -> int:
    """n of a segment of `taps` taps of `cin` weights."""
    count = taps * -(-cin // pattern.m) * pattern.n
    return -(-count // UNROLL) * UNROLL


def packed_bytes(pattern: NMPattern, shape: tuple[int, ...], segments: int) -> tuple[int, int]:
    """Exact bytes of (values, distances) for weights of `shape` (Cout, taps..., Cin) in `segments` segments."""
    taps = int(np.prod(shape[1:-1], dtype=np.int64)) // segments
    groups = -(-shape[0] // pattern.group)
    n = entries_per_segment(pattern, taps, shape[-1])
    return groups * pattern.group * segments * n, groups * (1 + segments * n)


def pack(weight: NDArray[Any], pattern: NMPattern, segments: int, tap_words: int, step: int) -> Distances:
    """Packs int8 `weight` (Cout, taps..., Cin), taps split evenly into `segments`, with distances in units of `step`.

    Raises `NmcuError` where `pattern` does not hold or a distance does not fit a byte.
    """
    found = entries(weight, pattern)
    groups, all_taps, blocks, count = found.position.shape
    taps = all_taps // segments
    base = np.arange(taps)[:, None, None] * tap_words + np.arange(blocks)[:, None] * pattern.m
    where = found.position.reshape(groups, segments, taps, blocks, count).astype(np.int64) + base
    where = where.reshape(groups, segments, -1)
    value = found.value.reshape(groups, pattern.group, segments, -1)
    fill = -where.shape[-1] % UNROLL
    where = np.concatenate([where, np.repeat(where[..., -1:], fill, axis=-1)], axis=-1)
    value = np.pad(value, ((0, 0), (0, 0), (0, 0), (0, fill)))
    absolute = where + np.arange(segments)[:, None] * taps * tap_words
    end = np.full((groups, 1), segments * taps * tap_words)
    line = np.concatenate([np.zeros((groups, 1), np.int64), absolute.reshape(groups, -1), end], axis=1)
    distance = np.diff(line, axis=1) * step
    if distance.max() > 255:
        raise NmcuError(f"a gap of {int(distance.max())} bytes between two weights does not fit a byte")
    return Distances(pattern, taps, tap_words, step, value.astype(np.int8), distance.astype(np.uint8))


def unpack(packed: Distances, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """The inverse of `pack` for weights of `shape`."""
    groups, _, segments, n = packed.value.shape
    absolute = np.cumsum(packed.distance.astype(np.int64), axis=1)[:, :-1] // packed.step
    where = (
        absolute.reshape(groups, segments, n) - np.arange(segments)[:, None] * packed.taps * packed.tap_words
    )
    used = packed.taps * -(-shape[-1] // packed.pattern.m) * packed.pattern.n
    blocks = -(-shape[-1] // packed.pattern.m)
    position = where[..., :used] % packed.tap_words % packed.pattern.m
    return weights(
        Entries(
            packed.pattern,
            position.reshape(groups, segments * packed.taps, blocks, packed.pattern.n).astype(np.uint8),
            packed.value[..., :used].reshape(
                groups, packed.pattern.group, segments * packed.taps, blocks, packed.pattern.n
            ),
        ),
        shape,
    )

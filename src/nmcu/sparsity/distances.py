"""Values with distance bytes: the format of the word gather. It holds any support."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.sparsity.support import Support

UNROLL = 4
"""Entries of a segment come in fours."""
MOST = 255
"""Of a distance, in bytes."""


@dataclass(frozen=True, eq=False)
class Distances:
    """Segments of entries with the distances between them.

    A segment is a run of taps whose positions are numbered through: position p of tap t is `t * tap_words + p`.
    `value` (groups, G, segments, n) int8 and `distance` (groups, 1 + segments * n) uint8, in units of `step` bytes
    already: from the start of the first segment to the first entry, then from each entry to the next one, where
    segments follow each other without a gap; the last one leads towards the end of the last segment. n is a multiple of
    four and the same everywhere: zeros at its last position fill a segment up, and zeros on the way a distance that
    does not fit a byte.
    """

    support: Support
    tap_words: int
    step: int
    value: NDArray[np.int8]
    distance: NDArray[np.uint8]


def refusal(support: Support, group: int) -> str | None:
    """Why `support` is not one to pack in groups of `group` channels that share positions, or None."""
    if support.block > 1:
        wanted = f"needs groups of {group} channels that share positions"
        return f"pattern {support.name}: {wanted}" if support.group % group else None
    share = support.in_groups(group).share
    if share <= 0.5:
        return None
    who = "channels" if group == 1 else f"groups of {group} channels"
    return f"unstructured weights: {who} use {share:.0%} of the positions, more than half"


def entries_per_segment(support: Support, segments: int, tap_words: int, step: int) -> int:
    """n of `support` in `segments` segments."""
    if support.pattern is not None and _reach(support.block) * step <= MOST:
        blocks = support.taps // segments * -(-int(support.nonzero.shape[2]) // support.block)
        return -(-blocks * support.pattern.n // UNROLL) * UNROLL
    known = support.counted
    key = segments, tap_words, step
    if key not in known:
        known[key] = _laid_out(support, segments, tap_words, step).where.shape[-1]
    return known[key]


def packed_bytes(support: Support, segments: int, tap_words: int, step: int) -> tuple[int, int]:
    """Exact bytes of (values, distances) of `support` in `segments` segments."""
    n = entries_per_segment(support, segments, tap_words, step)
    return support.groups * support.group * segments * n, support.groups * (1 + segments * n)


def pack(weight: NDArray[Any], support: Support, segments: int, tap_words: int, step: int) -> Distances:
    """Packs int8 `weight` (Cout, taps..., Cin), taps split evenly into `segments`, distances in units of `step`."""
    line = _laid_out(support, segments, tap_words, step)
    groups, end = support.groups, support.taps * tap_words
    values = support.values(weight, support.entries())
    values = np.concatenate([values, np.zeros((1, support.group), np.int8)])  # of slot -1
    value = values[line.slot].reshape(groups, segments, -1, support.group).transpose(0, 3, 1, 2)
    where = line.where.reshape(groups, -1)
    stops = np.concatenate([np.zeros((groups, 1), np.int64), where, np.full((groups, 1), end)], axis=1)
    distance = np.diff(stops, axis=1)
    distance[:, -1] = np.minimum(distance[:, -1], MOST // step)
    return Distances(
        support, tap_words, step, np.ascontiguousarray(value), (distance * step).astype(np.uint8)
    )


def unpack(packed: Distances, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """The inverse of `pack` for weights of `shape`."""
    groups, group = packed.value.shape[:2]
    taps, cin = int(np.prod(shape[1:-1], dtype=np.int64)), shape[-1]
    where = np.cumsum(packed.distance.astype(np.int64), axis=1)[:, :-1] // packed.step
    tap, position = np.divmod(where, packed.tap_words)
    dense = np.zeros((groups, taps, packed.tap_words, group), np.int8)
    value = packed.value.reshape(groups, group, -1).transpose(0, 2, 1)
    np.add.at(dense, (np.arange(groups)[:, None], tap, position), value)
    rows = dense.transpose(0, 3, 1, 2).reshape(groups * group, taps, packed.tap_words)
    return np.ascontiguousarray(rows[: shape[0], :, :cin]).reshape(shape)


@dataclass(frozen=True, eq=False)
class _Line:
    """Entries of all groups and segments: `where` (groups * segments, n) counts positions from the group's start,
    `slot` says which slot of the support an entry is, -1 for zeros."""

    where: NDArray[np.int64]
    slot: NDArray[np.int64]


def _laid_out(support: Support, segments: int, tap_words: int, step: int) -> _Line:
    slots = support.entries()
    end = support.taps * tap_words
    size = end // segments
    where = slots.tap // support.taps * end + slots.tap % support.taps * tap_words + slots.position
    slot = np.arange(where.size)
    empty = np.flatnonzero(np.bincount(where // size, minlength=support.groups * segments) == 0)
    where, slot = _with_zeros(where, slot, empty * size)
    where, slot = _with_zeros(where, slot, _on_the_way(where, end, MOST // step))
    count = np.bincount(where // size)
    last = np.cumsum(count) - 1
    n = -(-int(count.max()) // UNROLL) * UNROLL
    filled = np.repeat(where[last][:, None], n, axis=1)
    which = np.full(filled.shape, -1)
    at = np.arange(where.size) - np.repeat(last - count + 1, count)
    filled[where // size, at], which[where // size, at] = where, slot
    group_start = np.arange(len(filled))[:, None] // segments * end
    return _Line(filled - group_start, which)


def _with_zeros(
    where: NDArray[np.int64], slot: NDArray[np.int64], more: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Entries in order with further ones, of zeros, at `more`."""
    if not more.size:
        return where, slot
    every = np.concatenate([where, more])
    order = np.argsort(every, kind="stable")
    return every[order], np.concatenate([slot, np.full(more.shape, -1)])[order]


def _on_the_way(where: NDArray[np.int64], end: int, most: int) -> NDArray[np.int64]:
    """Where to stop so that no entry is over `most` positions behind the one before, or behind its group's start."""
    before = np.concatenate([[0], where[:-1]])
    start = where // end * end
    before = np.maximum(before, start)
    stops = np.maximum(-(-(where - before) // most) - 1, 0)
    first = np.cumsum(stops) - stops
    number = np.arange(int(stops.sum())) - np.repeat(first, stops)
    found: NDArray[np.int64] = np.repeat(before, stops) + most * (number + 1)
    return found


def _reach(block: int) -> int:
    """The most positions from one entry to the next where every block has some: from the first position of a block to
    the last one of the next, and over what fills a tap up to whole words."""
    return 2 * block - 1 + (3 if block % 4 else 0)

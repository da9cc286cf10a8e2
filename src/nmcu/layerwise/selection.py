"""Which weights a pattern keeps: those without which a layer's result would change most, once the others make up for
them.

The first choice is the optimal brain surgeon's (Hassibi and Stork, 1993): what each weight alone costs. Then single
weights are exchanged within their blocks as long as that lessens the error of all that stay.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmcu.layerwise.least_squares import LeastSquares, Real
from nmcu.sparsity import NMPattern, blocks, mask

Numbers = NDArray[np.intp]
Single = NDArray[np.float32]
"""Enough to compare gains; each sweep begins anew from double precision."""
SWEEPS = 5
"""Over all weights that are kept; few are exchanged in the last ones."""
MOST_WORK = 1e12
"""Multiplications in all sweeps through a layer: about half a minute. Wide layers at dense patterns have fewer
sweeps, or stay with the first choice, which is worth most there."""
SETTLED = 0.005
"""Of the weights kept: where fewer were exchanged, the choice is made."""
LEAST = 1e-5
"""Of a gain, by which another weight must be better."""
LEAST_SPREAD = 1e-6
"""Of a candidate, the share that others do not tell already: damping leaves more, single precision sees no less."""
CHUNK = 2**20
"""Numbers in the inverses that are held at once: what fits a cache."""


def selected(problem: LeastSquares, pattern: NMPattern, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """True for the weights of `shape` (Cout, ..., Cin) that stay."""
    inverse = np.linalg.inv(problem.left)
    cost = (inverse @ problem.aim) ** 2 / np.diag(inverse)[:, None]
    first = mask(cost.T.reshape(shape), pattern)
    members = _members(shape, pattern)
    chosen = _chosen(first.reshape(len(first), -1)[:: pattern.group], members, pattern.n)
    sweeps = min(SWEEPS, int(MOST_WORK / (chosen.size * pattern.m * chosen.shape[1] ** 2)))
    if not sweeps:
        return first
    aim = np.pad(problem.aim, ((0, 1), (0, -shape[0] % pattern.group)))
    aims = aim.T.reshape(-1, pattern.group, len(aim)).transpose(0, 2, 1)
    none = len(problem.left)
    left = np.pad(problem.left, ((0, 1), (0, 1)))
    left[none, none] = 1.0
    count = max(1, CHUNK // chosen.shape[1] ** 2)
    for start in range(0, len(chosen), count):
        part = slice(start, start + count)
        chosen[part] = _exchanged(left, aims[part], chosen[part], members, pattern.n, sweeps)
    kept = np.zeros((len(chosen), none + 1), bool)
    np.put_along_axis(kept, chosen, True, axis=1)
    return np.repeat(kept[:, :-1], pattern.group, axis=0)[: shape[0]].reshape(shape)


def _members(shape: tuple[int, ...], pattern: NMPattern) -> Numbers:
    """The places of the weights of each block (blocks, M); the number of weights, which stands for none, fills a block
    up."""
    size = int(np.prod(shape[1:]))
    places = blocks.split(np.arange(1, size + 1).reshape(1, *shape[1:]), pattern.m, 1).reshape(-1, pattern.m)
    return np.where(places, places - 1, size)


def _chosen(kept: NDArray[np.bool_], members: Numbers, n: int) -> Numbers:
    """The places that are kept in each block, one block after the other: (groups, blocks * N)."""
    none = kept.shape[1]
    known = np.pad(kept, ((0, 0), (0, 1)))[:, members]
    order = np.argsort(~known, axis=-1, kind="stable")[..., :n]
    places = np.take_along_axis(np.broadcast_to(members, known.shape), order, axis=-1)
    real = np.take_along_axis(known, order, axis=-1)
    return np.where(real, places, none).reshape(len(kept), -1)


@dataclass
class _State:
    """Of some groups: the places chosen (groups, S), the inverse of their part of the problem (groups, S, S), and their
    best weights (groups, S, G)."""

    chosen: Numbers
    inverse: Single
    weights: Single

    @classmethod
    def of(cls, left: Real, aims: Real, chosen: Numbers) -> "_State":
        """Computed from the problem."""
        part = left[chosen[:, :, None], chosen[:, None, :]]
        empty = chosen == len(left) - 1
        part[empty[:, :, None] & empty[:, None, :]] = 0.0
        part[:, range(part.shape[1]), range(part.shape[1])] += empty
        inverse = np.linalg.inv(part)
        weights = inverse @ np.take_along_axis(aims, chosen[:, :, None], axis=1)
        return cls(chosen, inverse.astype(np.float32), weights.astype(np.float32))


def _exchanged(left: Real, aims: Real, chosen: Numbers, members: Numbers, n: int, sweeps: int) -> Numbers:
    """Better places for some groups."""
    left32, aims32 = left.astype(np.float32), aims.astype(np.float32)
    for _ in range(sweeps):
        state = _State.of(left, aims, chosen)
        count = sum(_exchange(left32, aims32, state, slot, members, n) for slot in range(chosen.shape[1]))
        chosen = state.chosen
        if count < SETTLED * chosen.size:
            break
    return chosen


def _exchange(left: Single, aims: Single, state: _State, slot: int, members: Numbers, n: int) -> int:
    """Put the best place of its block into a slot of every group; in how many that is another one."""
    block = slot // n
    candidates, none = members[block], len(left) - 1
    rows = left[candidates[None, :, None], state.chosen[:, None, :]]
    projected = rows @ state.inverse
    column, pivot = state.inverse[:, :, slot], state.inverse[:, slot, slot]
    own = projected[:, :, slot]
    # What is left of each candidate, and of the aim, beside the weights in all other slots:
    whole = left[candidates, candidates]
    spread = np.maximum(whole - (projected * rows).sum(-1) + own**2 / pivot[:, None], LEAST_SPREAD * whole)
    share = own / pivot[:, None]
    missing = aims[:, candidates] - rows @ state.weights + share[:, :, None] * state.weights[:, slot, None]
    gain = (missing**2).sum(-1) / spread
    here = state.chosen[:, block * n : (block + 1) * n]
    taken = (candidates[:, None] == np.delete(here, slot - block * n, axis=1)[:, None, :]).any(-1)
    gain[taken | (candidates == none)] = -1.0
    same = candidates == state.chosen[:, slot, None]
    gain[same] *= 1 + LEAST
    best = gain.argmax(axis=1)
    moved = np.flatnonzero(~same[np.arange(len(best)), best] & (gain[np.arange(len(best)), best] > 0))
    if not len(moved):
        return 0
    pick = best[moved]
    column, pivot = column[moved], pivot[moved]
    to_slot = projected[moved, pick] - column * share[moved, pick, None]
    to_slot[:, slot] = -1.0
    state.inverse[moved] += (
        to_slot[:, :, None] * (to_slot / spread[moved, pick, None])[:, None, :]
        - column[:, :, None] * (column / pivot[:, None])[:, None, :]
    )
    state.weights[moved] -= column[:, :, None] * (state.weights[moved, slot] / pivot[:, None])[:, None, :]
    found = missing[moved, pick] / spread[moved, pick, None]
    state.weights[moved] -= to_slot[:, :, None] * found[:, None, :]
    state.chosen[moved, slot] = candidates[pick]
    return len(moved)

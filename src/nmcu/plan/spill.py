"""Activations that wait in L3 between their uses, where L2 cannot hold all that are alive at once."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from nmcu.graph import Layer
from nmcu.kernels.kernel import align
from nmcu.plan.lifetime import Lifetime, place, used
from nmcu.plan.plan import Buffer, Spill
from nmcu.plan.stripes import Chain
from nmcu.targets import Link


def place_within(
    blocks: Sequence[Lifetime],
    layers: Sequence[Layer],
    aliases: Mapping[str, str],
    most_bytes: int,
    chains: Sequence[Chain] = (),
) -> tuple[dict[str, Buffer], tuple[Lifetime, ...]]:
    """Places for `blocks` and the blocks with the gaps they need to fit `most_bytes`.

    At the step where most is alive, the largest block that idles there waits in L3; then the next, until all fit or
    nothing idles at the worst step. A chain uses its tensors at all of its steps.
    """
    current = {block.name: block for block in blocks}
    placed = place(blocks)
    while max((buffer.end for buffer in placed.values()), default=0) > most_bytes:
        worst = max(range(len(layers)), key=lambda step: _alive(current.values(), step))
        gaps = {
            name: _gap(name, worst, layers, aliases, chains)
            for name in current
            if _holds(current[name], worst)
        }
        idle = [name for name, gap in gaps.items() if gap is not None]
        if not idle:
            break
        name = max(idle, key=lambda n: (current[n].bytes, n))
        gap = gaps[name]
        assert gap is not None
        current[name] = dataclasses.replace(current[name], gaps=tuple(sorted((*current[name].gaps, gap))))
        placed = place(tuple(current.values()))
    return placed, tuple(current.values())


def _holds(block: Lifetime, step: int) -> bool:
    return any(first <= step <= last for first, last in block.spans)


def _alive(blocks: Iterable[Lifetime], step: int) -> int:
    return sum(block.bytes for block in blocks if _holds(block, step))


def _gap(
    name: str, step: int, layers: Sequence[Layer], aliases: Mapping[str, str], chains: Sequence[Chain]
) -> tuple[int, int] | None:
    """The steps (from, to) around `step` between two uses of the block; None if `step` itself uses it."""
    steps = {number for number in range(len(layers)) if name in used(layers, (number,), aliases)}
    for chain in chains:
        if not steps.isdisjoint(chain.numbers):
            steps.update(chain.numbers)
    return next(((a + 1, b - 1) for a, b in pairwise(sorted(steps)) if a < step < b), None)


def spills(blocks: Sequence[Lifetime]) -> tuple[Spill, ...]:
    """Every gap as a spill, in the order of their steps; each tensor has a place of its own in L3."""
    found, offset = [], 0
    for block in blocks:
        if block.gaps:
            place_in_l3 = Buffer(offset, block.bytes)
            offset += align(block.bytes)
            found += [Spill(block.name, place_in_l3, first - 1, last + 1) for first, last in block.gaps]
    return tuple(sorted(found, key=lambda s: (s.stored, s.tensor)))


def places_away(
    layers: Sequence[Layer], chains: Sequence[Chain], spilled: Sequence[Spill]
) -> dict[str, Buffer]:
    """Places in L3, behind what waits there, for tensors of which chains bring and take rows."""
    offset = align(max((s.place.end for s in spilled), default=0))
    away = {name for chain in chains for name in chain.away}
    places = {}
    for tensor in (t for layer in layers for t in layer.outputs if t.name in away):
        places[tensor.name] = Buffer(offset, tensor.bytes)
        offset += align(tensor.bytes)
    return places


def spill_cycles(spilled: Sequence[Spill], chains: Sequence[Chain], engine: Link | None) -> int:
    """Predicted cycles of moving tensors out and back, and rows; nothing runs meanwhile."""
    if engine is None:
        return 0
    sizes = [2 * [s.place.bytes] for s in spilled]
    sizes += [[rows.bytes for rows in (*x.loads, *x.stores)] for chain in chains for x in chain.stripes]
    moved = [size for each in sizes for size in each]
    return sum(int(engine.latency_cycles + size / engine.bytes_per_cycle) for size in moved)

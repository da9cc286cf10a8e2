"""Activations that wait in L3 between their uses, where L2 cannot hold all that are alive at once."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from nmcu.graph import Layer
from nmcu.kernels.kernel import align
from nmcu.plan.lifetime import Lifetime, place
from nmcu.plan.plan import Buffer, Spill
from nmcu.targets import Link


def place_within(
    blocks: Sequence[Lifetime], layers: Sequence[Layer], aliases: Mapping[str, str], most_bytes: int
) -> tuple[dict[str, Buffer], tuple[Lifetime, ...]]:
    """Places for `blocks` and the blocks with the gaps they need to fit `most_bytes`.

    At the step where most is alive, the largest block that idles there waits in L3; then the next, until all fit or
    nothing idles at the worst step.
    """
    current = {block.name: block for block in blocks}
    placed = place(blocks)
    while max((buffer.end for buffer in placed.values()), default=0) > most_bytes:
        worst = max(range(len(layers)), key=lambda step: _alive(current.values(), step))
        gaps = {name: _gap(name, worst, layers, aliases) for name in current if _holds(current[name], worst)}
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


def _gap(name: str, step: int, layers: Sequence[Layer], aliases: Mapping[str, str]) -> tuple[int, int] | None:
    """The steps (from, to) around `step` between two uses of the block; None if `step` itself uses it."""
    used = [
        number
        for number, layer in enumerate(layers)
        if any(aliases.get(t.name, t.name) == name for t in (*layer.inputs, *layer.outputs))
    ]
    return next(((a + 1, b - 1) for a, b in pairwise(used) if a < step < b), None)


def spills(blocks: Sequence[Lifetime]) -> tuple[Spill, ...]:
    """Every gap as a spill, in the order of their steps; each tensor has a place of its own in L3."""
    found, offset = [], 0
    for block in blocks:
        if block.gaps:
            place_in_l3 = Buffer(offset, block.bytes)
            offset += align(block.bytes)
            found += [Spill(block.name, place_in_l3, first - 1, last + 1) for first, last in block.gaps]
    return tuple(sorted(found, key=lambda s: (s.stored, s.tensor)))


def spill_cycles(moved: Sequence[Spill], engine: Link | None) -> int:
    """Predicted cycles of moving them out and back; nothing runs meanwhile."""
    if engine is None:
        return 0
    return sum(2 * int(engine.latency_cycles + s.place.bytes / engine.bytes_per_cycle) for s in moved)

"""Streaming constants from L3 through a ring in L2: what goes where, and when each transfer is started."""

from collections.abc import Sequence
from dataclasses import dataclass

from nmcu.kernels.kernel import align
from nmcu.plan.plan import Buffer, Chunk
from nmcu.targets import Link

QUEUE = 4
"""Transfers that may be under way or waiting; one more would block the core that starts it."""


@dataclass(frozen=True)
class Request:
    """Constants of `bytes` that step `needed` of the network is the first to read from L2, and step `last` the last."""

    bytes: int
    needed: int
    last: int


def schedule(requests: Sequence[Request], ring_bytes: int) -> tuple[Chunk, ...]:
    """Places for `requests` (in the order of their steps) in L3 and in the ring, and the step that starts each one.

    A transfer starts as early as its place in the ring is free, that is after the last step that reads what lies
    there now, and after all before it. Every request fits the ring.
    """
    chunks: list[Chunk] = []
    head, source = 0, 0
    for number, request in enumerate(requests):
        size = align(request.bytes)
        if head + size > ring_bytes:
            head = 0
        place = Buffer(head, request.bytes)
        started = chunks[-1].started if chunks else 0
        for old in chunks:
            if old.place.offset < head + size and place.offset < align(old.place.end):
                started = max(started, old.last + 1)
        if number >= QUEUE:
            started = max(started, chunks[number - QUEUE].needed + 1)
        chunks.append(Chunk(Buffer(source, request.bytes), place, started, request.needed, request.last))
        head += size
        source += size
    return tuple(chunks)


def waits(chunks: Sequence[Chunk], step_cycles: Sequence[int], engine: Link) -> list[int]:
    """Predicted cycles that each step waits for its constants."""
    now, engine_free = 0.0, 0.0
    ready: dict[int, float] = {}
    result = []
    pending = list(chunks)
    for step, cycles in enumerate(step_cycles):
        while pending and pending[0].started <= step:
            chunk = pending.pop(0)
            engine_free = (
                max(engine_free, now) + engine.latency_cycles + chunk.place.bytes / engine.bytes_per_cycle
            )
            ready[chunk.needed] = engine_free
        wait = max(0.0, ready.get(step, 0.0) - now)
        result.append(int(wait))
        now += wait + cycles
    return result

"""The schedule of constants that stream from L3 through a ring in L2."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from nmcu import targets
from nmcu.kernels.kernel import align
from nmcu.plan.plan import Chunk
from nmcu.plan.stream import QUEUE, Request, schedule, waits
from nmcu.targets import Role


@st.composite
def requests(draw: st.DrawFn) -> tuple[list[Request], int]:
    """Requests in the order of their steps, and a ring that holds each of them."""
    sizes = draw(st.lists(st.integers(1, 4000), min_size=1, max_size=40))
    steps = sorted(draw(st.sets(st.integers(0, 80), min_size=len(sizes), max_size=len(sizes))))
    ring = max(map(align, sizes)) + 16 * draw(st.integers(0, 500))
    most = [*steps[1:], steps[-1] + 9]
    lasts = [draw(st.integers(step, max(step, after - 1))) for step, after in zip(steps, most, strict=True)]
    return [Request(*each) for each in zip(sizes, steps, lasts, strict=True)], ring


def live(chunk: Chunk, step: int) -> bool:
    return chunk.started <= step <= chunk.last


@given(requests())
def test_live_chunks_never_overlap(case: tuple[list[Request], int]) -> None:
    chunks = schedule(*case)
    for step in range(max(c.needed for c in chunks) + 1):
        places = sorted((c.place.offset, c.place.end) for c in chunks if live(c, step))
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))


@given(requests())
def test_chunks_lie_in_the_ring_and_in_l3_one_after_the_other(case: tuple[list[Request], int]) -> None:
    wanted, ring = case
    chunks = schedule(wanted, ring)
    assert [(c.place.bytes, c.needed) for c in chunks] == [(r.bytes, r.needed) for r in wanted]
    assert all(c.place.offset >= 0 and c.place.end <= ring and c.place.offset % 16 == 0 for c in chunks)
    assert all(a.source.end <= b.source.offset for a, b in itertools.pairwise(chunks))


@given(requests())
def test_transfers_start_in_order_and_before_they_are_needed(case: tuple[list[Request], int]) -> None:
    chunks = schedule(*case)
    assert all(c.started <= c.needed for c in chunks)
    assert all(a.started <= b.started for a, b in itertools.pairwise(chunks))


@given(requests())
def test_the_queue_of_the_engine_never_overflows(case: tuple[list[Request], int]) -> None:
    """A step waits for its chunk, so what is under way when a step starts is what later steps need."""
    chunks = schedule(*case)
    for step in range(max(c.needed for c in chunks) + 1):
        assert sum(c.started <= step <= c.needed for c in chunks) <= QUEUE


@given(requests())
def test_every_chunk_starts_as_early_as_its_place_is_free(case: tuple[list[Request], int]) -> None:
    chunks = schedule(*case)
    for number, chunk in enumerate(chunks):
        if chunk.started == 0:
            continue
        before = chunk.started - 1
        taken = any(
            old.last >= before
            and old.place.offset < align(chunk.place.end)
            and chunk.place.offset < align(old.place.end)
            for old in chunks[:number]
        )
        queued = number >= QUEUE and chunks[number - QUEUE].needed >= before
        behind = number > 0 and chunks[number - 1].started >= chunk.started
        assert taken or queued or behind


def test_waits_are_what_the_engine_takes_longer_than_the_steps_before() -> None:
    engine = targets.get("cluster8").memory.engine(Role.BULK, Role.WORKING)
    assert engine is not None
    chunks = schedule([Request(1200, 0, 0), Request(12000, 1, 1)], 64 * 1024)
    first, second = waits(chunks, [500, 500], engine)
    assert first == engine.latency_cycles + 1000
    assert second == engine.latency_cycles + 10000 - 500
    assert waits(chunks, [20_000, 500], engine)[1] == 0

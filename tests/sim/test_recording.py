"""Transfers and waits of a run, recorded for its timeline."""

from itertools import pairwise
from typing import Any

import pytest

import nmcu
from networks import conv_linear
from nmcu import graph, targets
from nmcu.sim import SimResult
from nmcu.sim.run import run


@pytest.fixture(scope="module")
def simulated() -> Any:
    compiled = nmcu.compile(conv_linear())
    inputs = compiled.graph.border.encode(graph.random_inputs(compiled.graph, 0))
    return {limit: run(compiled.image, inputs, recorded_events=limit).stats for limit in (0, 5, 100_000)}


def test_a_run_is_the_same_recorded_or_not(simulated: dict[int, SimResult]) -> None:
    assert len({(r.cycles, r.instructions, r.memory) for r in simulated.values()}) == 1
    assert simulated[0].recording.transfers == simulated[0].recording.waits == ()


def test_every_transfer_is_recorded(simulated: dict[int, SimResult]) -> None:
    result = simulated[100_000]
    (engine, _) = result.dmas
    transfers = result.recording.transfers
    assert len(transfers) == engine.transfers and {t.engine for t in transfers} == {engine.name}
    assert sum(t.bytes for t in transfers) == engine.bytes
    assert sum(t.end - t.first for t in transfers) == engine.busy_cycles
    assert all(t.issued < t.first < t.end <= result.cycles for t in transfers)
    for earlier, later in pairwise(transfers):
        assert earlier.end <= later.first
    working = targets.get("cluster8").memory.level(targets.Role.WORKING)
    outside = [t for t in transfers if working.base <= t.destination < working.end]
    assert sum(t.bytes for t in outside) == 10  # the network's result; that of the first layer stays in L1


def test_waits_are_the_stalls_of_their_cause(simulated: dict[int, SimResult]) -> None:
    result = simulated[100_000]
    for core in result.cores:
        for cause in ("barrier_wait", "dma_wait", "event_wait"):
            waits = [w for w in result.recording.waits if (w.core, w.cause) == (core.core, cause)]
            assert all(w.first < w.end <= result.cycles for w in waits)
            assert sum(w.end - w.first for w in waits) == core.stalls[cause]


def test_a_full_record_counts_what_it_lost(simulated: dict[int, SimResult]) -> None:
    whole, part = simulated[100_000].recording, simulated[5].recording
    assert len(part.transfers) + len(part.waits) == 5
    assert part.lost == len(whole.transfers) + len(whole.waits) - 5
    assert part.transfers == whole.transfers[: len(part.transfers)]

"""The trace of a run opens in a viewer, and shows layers, tiles, waits and transfers."""

import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

import nmcu
from networks import conv_linear
from nmcu.report import RunReport, memory, trace
from nmcu.sim import Recording, Transfer, Wait

PROCESSES = {"network": 0, "cores": 1, "DMA": 2}


def checked(text: str) -> list[dict[str, Any]]:
    """The events; fails where they are not of the trace event format, or where slices of a thread overlap."""
    value = json.loads(text)
    assert value["displayTimeUnit"] in ("ms", "ns")
    threads: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for event in value["traceEvents"]:
        assert isinstance(event["name"], str) and event["name"].isprintable()
        assert event["ph"] in "XMC" and event["ts"] >= 0
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int)
        if event["ph"] == "X":
            assert event["dur"] >= 0
            threads[event["pid"], event["tid"]].append((event["ts"], -event["dur"]))
        if event["ph"] == "C":
            assert all(isinstance(n, int | float) and n >= 0 for n in event["args"].values())
    for slices in threads.values():
        open_until: list[float] = []
        for start, minus in sorted(slices):
            while open_until and open_until[-1] <= start + 1e-9:
                open_until.pop()
            assert not open_until or start - minus <= open_until[-1] + 1e-9
            open_until.append(start - minus)
    named = {(e["pid"], e["tid"]) for e in value["traceEvents"] if e["name"] == "thread_name"}
    assert set(threads) <= named
    return value["traceEvents"]


def slices(events: list[dict[str, Any]], process: str) -> list[dict[str, Any]]:
    return [e for e in events if e["ph"] == "X" and e["pid"] == PROCESSES[process]]


@pytest.fixture(scope="module")
def report() -> RunReport:
    return nmcu.run(conv_linear())


def test_every_layer_is_on_every_core(report: RunReport) -> None:
    events = slices(checked(trace(report)), "cores")
    layers = {(e["name"], e["tid"]) for e in events if e["name"] in ("conv", "classifier")}
    assert layers == {(n, c) for n in ("conv", "classifier") for c in range(8)}
    own = [e for e in events if e["tid"] == 0 and e["name"] in ("conv", "classifier")]
    assert abs(sum(e["args"]["cycles"] for e in own) - report.cycles) < 10


def test_layers_say_what_they_are(report: RunReport) -> None:
    (conv, _) = slices(checked(trace(report)), "network")
    assert conv["args"]["kernel"] == report.layers[0].kernel and conv["args"]["MACs"] == report.layers[0].macs
    assert conv["args"]["bound by"] == report.layers[0].bound


def test_counters_show_memory_in_use(report: RunReport) -> None:
    counters = [e for e in checked(trace(report)) if e["ph"] == "C" and "memory" in e["name"]]
    buffers = [layer.l1_bytes for layer in report.layers if layer.l1_bytes]
    assert len(counters) == len(buffers)
    assert all(e["args"]["l1"] > 1024 for e in counters)  # the map between them stays in L1
    assert not any("l2" in e["args"] for e in counters)


def test_recorded_tiles_waits_and_transfers_are_shown(report: RunReport) -> None:
    """Two tiles of the convolution: a barrier before each and one behind, each result stored after the next barrier."""
    first = next(span.first for span in report.timeline)
    buffer = next(b for b in report.blocks if b.kind == memory.BUFFER)
    port = next(b for b in report.blocks if b.kind == memory.PORT)
    waits = [
        Wait(core, "barrier_wait", first + at - core, first + at + 2)
        for core in range(8)
        for at in (100, 200, 300)
    ]
    stores = [
        Transfer("l2_l1", 2, first + at, first + at + 20, first + at + 50, 64, buffer.address, port.address)
        for at in (210, 310)
    ]
    recorded = replace(
        report, recording=Recording(tuple(stores), (*waits, Wait(1, "dma_wait", first, first + 40)))
    )
    events = checked(trace(recorded))
    tiles = [e for e in slices(events, "cores") if e["name"].startswith("tile")]
    assert {(e["name"], e["tid"]) for e in tiles} == {(f"tile {n}", c) for n in (0, 1) for c in range(8)}
    assert {e["args"]["cycles"] for e in tiles} == {100}
    assert sum(e["name"] == "barrier" for e in slices(events, "cores")) == 24
    assert [e["args"]["cycles"] for e in slices(events, "cores") if e["name"] == "wait for DMA"] == [40]
    store = slices(events, "DMA")[0]
    assert (
        store["name"] == port.name and store["args"]["bytes"] == 64 and store["args"]["started by core"] == 2
    )
    assert store["args"]["from"].startswith(f"{buffer.name} in l1")


def test_tiles_of_a_layer_whose_result_stays_are_shown(report: RunReport) -> None:
    """The convolution's result is stored nowhere: its tile ends at the first of the two barriers behind it."""
    span = next(span for span in report.timeline if (span.layer, span.core) == ("conv", 2))
    waits = [
        w for w in report.recording.waits if w.core == 2 and w.cause == "barrier_wait" and w.end <= span.end
    ]
    tiles = slices(checked(trace(report)), "cores")
    (tile,) = (e for e in tiles if e["name"] == "tile 0" and e["tid"] == 2 and e["args"]["layer"] == "conv")
    assert tile["args"]["cycles"] == waits[-2].end - waits[-3].end > span.end - span.first - 2000


def test_names_from_a_model_stay_text() -> None:
    events = checked(trace(nmcu.run(conv_linear(names=("a\x1b[31m\n", 'b"')))))
    assert {e["name"] for e in slices(events, "network")} == {"a\\x1b[31m\\n", 'b"'}

"""The timeline of a run in the trace event format of Chrome and Perfetto."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from nmcu.report import memory
from nmcu.report.memory import Block
from nmcu.report.run_report import LayerReport, RunReport
from nmcu.report.tiles import tiles
from nmcu.text import printable

NETWORK, CORES, ENGINES = 0, 1, 2
"""Processes of the trace."""

Event = dict[str, Any]

_WAITS = {"barrier_wait": "barrier", "dma_wait": "wait for DMA", "event_wait": "wait for event"}
_MOVED = (memory.WEIGHT, memory.RING, memory.ACTIVATION, memory.PORT)


def trace(report: RunReport) -> str:
    """JSON text; times in microseconds, from the run's start.

    Process `network` has the layers with their parts and, as counters, memory in use and MAC/cycle; `cores` a thread
    for each core with its layers, their tiles or parts, and waits for barriers and transfers in them; `DMA` one for
    each engine with its transfers. Tiles, waits and transfers are there as far as the run was recorded.
    """
    events = [*_names(report), *_network(report), *_cores(report), *_engines(report)]
    return json.dumps({"displayTimeUnit": "ns", "traceEvents": events})


def _names(report: RunReport) -> Iterator[Event]:
    engines = _engine_names(report)
    processes = {NETWORK: "network", CORES: "cores"} | ({ENGINES: "DMA"} if engines else {})
    for pid, name in processes.items():
        yield _about("process_name", pid, 0, {"name": name})
        yield _about("process_sort_index", pid, 0, {"sort_index": pid})
    yield _about("thread_name", NETWORK, 0, {"name": "layers"})
    for core in range(report.cores):
        yield _about("thread_name", CORES, core, {"name": f"core {core}"})
    for number, name in enumerate(engines):
        yield _about("thread_name", ENGINES, number, {"name": name})


def _about(what: str, pid: int, tid: int, args: Event) -> Event:
    return {"name": what, "ph": "M", "pid": pid, "tid": tid, "ts": 0, "args": args}


def _network(report: RunReport) -> Iterator[Event]:
    layers = {layer.name: (number, layer) for number, layer in enumerate(report.layers)}
    spans = [span for span in report.timeline if span.core == 0]
    for span in spans:
        number, layer = layers[span.layer]
        yield _slice(report, NETWORK, 0, span.layer, span.first, span.end, _facts(number, layer))
        yield _counter(
            report, "MAC/cycle", span.first, {"MAC/cycle": round(layer.macs / max(1, layer.cycles), 2)}
        )
        used = _used(report.blocks, number)
        if used:
            yield _counter(report, "memory in use (bytes)", span.first, used)
    for part in report.part_timeline:
        if part.core == 0:
            yield _slice(report, NETWORK, 0, part.part, part.first, part.end, {"layer": part.layer})
    if spans:
        end = max(span.end for span in spans)
        yield _counter(report, "MAC/cycle", end, {"MAC/cycle": 0})


def _facts(number: int, layer: LayerReport) -> Event:
    return {
        "number": number + 1,
        "op": layer.op,
        "kernel": layer.kernel,
        "pattern": layer.pattern,
        "MACs": layer.macs,
        "cycles": layer.cycles,
        "bound by": layer.bound,
        **{f"cycles: {what}": cycles for what, cycles in layer.spent.items()},
    }


def _used(blocks: tuple[Block, ...], layer: int) -> dict[str, int]:
    """Bytes of tile buffers and of activations that a layer needs, by memory."""
    used: dict[str, int] = {}
    for block in blocks:
        if block.kind in (memory.BUFFER, memory.ACTIVATION) and block.first <= layer < block.end:
            used[block.memory] = used.get(block.memory, 0) + block.bytes
    return used


def _cores(report: RunReport) -> Iterator[Event]:
    places = [block for block in report.blocks if block.kind == memory.BUFFER]
    buffers = range(
        min((b.address for b in places), default=0), max((b.address + b.bytes for b in places), default=0)
    )
    for span in report.timeline:
        yield _slice(report, CORES, span.core, span.layer, span.first, span.end)
    for part in report.part_timeline:
        yield _slice(report, CORES, part.core, part.part, part.first, part.end, {"layer": part.layer})
    divided = {part.layer for part in report.part_timeline}
    whole = [span for span in report.timeline if span.layer not in divided]
    for number, span in tiles(whole, report.recording, buffers, _stays(report)):
        yield _slice(report, CORES, span.core, f"tile {number}", span.first, span.end, {"layer": span.layer})
    for wait in report.recording.waits:
        yield _slice(report, CORES, wait.core, _WAITS[wait.cause], wait.first, wait.end)


def _stays(report: RunReport) -> set[str]:
    """Layers whose result stays in the compute memory, where others' are stored."""
    if report.compute_memory == report.working_memory:
        return set()
    return {
        report.layers[int(block.first)].name
        for block in report.blocks
        if block.kind == memory.ACTIVATION and block.memory == report.compute_memory
    }


def _engines(report: RunReport) -> Iterator[Event]:
    engines = _engine_names(report)
    numbers = {layer.name: number for number, layer in enumerate(report.layers)}
    starts = sorted((span.first, numbers[span.layer]) for span in report.timeline if span.core == 0)
    alive = {
        number: [b for b in report.blocks if b.first < number + 1 and number < b.end]
        for number in numbers.values()
    }
    for transfer in report.recording.transfers:
        at = bisect_right(starts, (transfer.issued, len(numbers))) - 1
        blocks = alive[starts[at][1]] if at >= 0 else []
        source, destination = (_block(blocks, address) for address in (transfer.source, transfer.destination))
        moved = (block.name for block in (source, destination) if block and block.kind in _MOVED)
        args = {
            "bytes": transfer.bytes,
            "started by core": transfer.core,
            "waited cycles": transfer.first - transfer.issued,
            "from": _place(source, transfer.source),
            "to": _place(destination, transfer.destination),
        }
        number, name = engines.index(transfer.engine), next(moved, "transfer")
        yield _slice(report, ENGINES, number, name, transfer.first, transfer.end, args)


def _engine_names(report: RunReport) -> list[str]:
    return sorted({transfer.engine for transfer in report.recording.transfers})


def _block(blocks: Sequence[Block], address: int) -> Block | None:
    """What lies at an address; of several blocks the one that lies over the others."""
    return next((b for b in reversed(blocks) if b.address <= address < b.address + b.bytes), None)


def _place(block: Block | None, address: int) -> str:
    return f"{block.name} in {block.memory} (0x{address:08x})" if block else f"0x{address:08x}"


def _slice(
    report: RunReport, pid: int, tid: int, name: str, first: int, end: int, args: Event | None = None
) -> Event:
    start = _nanoseconds(report, first)
    facts = {
        key: printable(value) if isinstance(value, str) else value for key, value in (args or {}).items()
    }
    return {
        "name": printable(name),
        "ph": "X",
        "pid": pid,
        "tid": tid,
        "ts": start / 1000,
        "dur": (_nanoseconds(report, end) - start) / 1000,
        "args": {"cycles": end - first} | facts,
    }


def _counter(report: RunReport, name: str, cycle: int, values: dict[str, Any]) -> Event:
    return {
        "name": name,
        "ph": "C",
        "pid": NETWORK,
        "tid": 0,
        "ts": _nanoseconds(report, cycle) / 1000,
        "args": values,
    }


def _nanoseconds(report: RunReport, cycle: int) -> int:
    """Whole ones, so that slices that nest in cycles nest in the viewer."""
    return round(cycle * 1e9 / report.clock_hz)

"""Tiles of layers, from the barriers and transfers of a run."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from nmcu.report.run_report import Span
from nmcu.sim import Recording


def tiles(
    timeline: Sequence[Span], recording: Recording, buffers: range, near: Collection[str] = ()
) -> Iterator[tuple[int, Span]]:
    """Every tile on every core: its number in its layer, and from when to when; `buffers` are tile buffers' addresses,
    and the results of the layers named in `near` stay in compute memory.

    The tile pipeline (kernels/common/pipeline.c) has a barrier after each tile's work, and then starts the transfer of
    the tile's result. So the barrier before a transfer out of a buffer ends a tile. The first tile begins at the
    last barrier before its end that came after a wait for a transfer: its operands. Where the result stays, no transfer
    tells: such a layer has one barrier before its tiles, one before each of them, and two behind the last.
    """
    barriers: dict[int, list[int]] = defaultdict(list)
    for wait in recording.waits:
        if wait.cause == "barrier_wait":
            barriers[wait.core].append(wait.end)
    for ends in barriers.values():
        ends.sort()
    by_layer: dict[tuple[str, int], dict[int, Span]] = defaultdict(dict)
    visits: dict[tuple[str, int], int] = defaultdict(int)
    for span in timeline:
        visit = visits[span.layer, span.core]
        visits[span.layer, span.core] += 1
        by_layer[span.layer, visit][span.core] = span
    stores = sorted(
        (t.issued, t.core)
        for t in recording.transfers
        if t.source in buffers and t.destination not in buffers
    )
    loaded = sorted(wait.end for wait in recording.waits if wait.cause == "dma_wait")
    for (name, _), spans in by_layer.items():
        own = {core: _inside(barriers[core], span) for core, span in spans.items()}
        if len({len(ends) for ends in own.values()}) > 1:
            continue  # the recording ends in this layer
        ends = _ends(spans, own, stores)
        if name in near and not ends:
            for core in spans:
                yield from enumerate(Span(name, core, *edges) for edges in pairwise(own[core][1:-1]))
        else:
            yield from _of_layer(spans, own, loaded, ends)


def _inside(cycles: Sequence[int], span: Span) -> Sequence[int]:
    return cycles[bisect_right(cycles, span.first) : bisect_right(cycles, span.end)]


def _ends(
    spans: Mapping[int, Span], barriers: Mapping[int, Sequence[int]], stores: Sequence[tuple[int, int]]
) -> list[int]:
    """Numbers of the layer's barriers that end a tile."""
    found = set()
    first = min(span.first for span in spans.values())
    last = max(span.end for span in spans.values())
    for issued, core in stores[bisect_right(stores, (first, -1)) : bisect_right(stores, (last, -1))]:
        if core in barriers:
            found.add(bisect_right(barriers[core], issued) - 1)
    return sorted(found - {-1})


def _of_layer(
    spans: Mapping[int, Span],
    barriers: Mapping[int, Sequence[int]],
    loaded: Sequence[int],
    ends: Sequence[int],
) -> Iterator[tuple[int, Span]]:
    for core, span in spans.items():
        first = _start(span, barriers[core][: ends[0]] if ends else (), loaded)
        for number, end in enumerate(ends):
            yield number, Span(span.layer, core, first, barriers[core][end])
            first = barriers[core][end]


def _start(span: Span, barriers: Sequence[int], loaded: Sequence[int]) -> int:
    """Where the first tile begins: at one of the barriers before its end."""
    edges = (span.first, *barriers)
    waited = [
        end for begin, end in pairwise(edges) if bisect_right(loaded, begin) < bisect_right(loaded, end)
    ]
    return waited[-1] if waited else edges[min(1, len(barriers))]

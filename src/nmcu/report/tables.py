"""Tables for people, drawn with rich."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.text import Text

from nmcu.errors import counted
from nmcu.graph import Layer, TensorInfo
from nmcu.kernels import Kernel
from nmcu.report.grid import Column, Grid, Heading, Kind, Row, Rule, Total
from nmcu.report.run_report import LayerReport, RunReport
from nmcu.report.units import size

ADVICE = "what the slowest layers wait for, and what would help"
PART = "└"
"""Before the name of a part of the layer above."""
SLOWEST = 5
"""Layers that a run gives advice for; its JSON has all."""
SHOWN = 8
"""Elements of an output that a sequence shows for each step; its JSON and its files have all."""


def run_table(report: RunReport) -> RenderableType:
    """Time, work and memory of every layer, and the totals."""
    columns = (
        Column("layer", Kind.NAME),
        Column("op", Kind.WORD, rank=8),
        Column("kernel", Kind.NAME, rank=1, least=12),
        Column("pattern", Kind.WORD, rank=2),
        Column("MACs", rank=9),
        Column("cycles"),
        Column("bound by", Kind.WORD, rank=3),
        Column("share", rank=4),
        Column("MAC/cycle", rank=5),
        Column("of ceiling", rank=11),
        Column("DMA wait", rank=7),
        Column("weights", rank=6),
        Column(report.compute_memory.upper(), rank=10),
    )
    rows = [row for layer in report.layers for row in (_row(layer, report), *_part_rows(layer, report))]
    total = (
        *("all", "", "", ""),
        f"{report.macs:,}",
        f"{report.cycles:,}",
        "",
        "100.0%",
        f"{report.macs_per_cycle:.2f}",
        "",
        f"{sum(layer.dma_wait_cycles for layer in report.layers):,}",
        size(report.memory.weight_bytes + report.memory.index_bytes),
        size(report.memory.l1_peak_bytes),
    )
    assumed = Text(f"assumed: {'; '.join(report.assumptions)}", style="dim")
    return Group(
        Grid(columns, (*rows, Rule(), Total(total))),
        advice_table(report),
        steps_table(report),
        Text(str(report)),
        assumed,
    )


def _row(layer: LayerReport, report: RunReport) -> Sequence[str]:
    return (
        layer.name,
        layer.op,
        kernel(layer),
        layer.pattern,
        f"{layer.macs:,}",
        f"{layer.cycles:,}",
        bound(layer),
        f"{_ratio(layer.cycles, report.cycles):.1%}",
        f"{_ratio(layer.macs, layer.cycles):.2f}" if layer.macs else "",
        f"{min(1.0, _ratio(layer.hot_cycles, layer.cycles)):.0%}" if layer.hot_cycles else "",
        f"{layer.dma_wait_cycles:,}",
        size(layer.weight_bytes + layer.index_bytes),
        size(layer.l1_bytes),
    )


def _part_rows(layer: LayerReport, report: RunReport) -> Iterator[Sequence[str]]:
    for name, cycles in parts(layer):
        share = f"{_ratio(cycles, report.cycles):.1%}"
        yield (name, *("", "", "", ""), f"{cycles:,}", "", share, *("", "", "", "", ""))


def parts(layer: LayerReport) -> Iterator[tuple[str, int]]:
    """The parts of a layer as rows below it, each with its cycles; then what belongs to none of them."""
    for part in layer.parts:
        yield f"{PART} {part.name}", part.cycles
    if layer.parts:
        yield f"{PART} rest", layer.rest_cycles


def steps_table(report: RunReport) -> RenderableType:
    """The outputs of every step; nothing where no sequence was asked for."""
    columns = (Column("step"), *(Column(name, Kind.TEXT) for name in report.outputs))
    rows = [
        (str(number), *(_values(array) for array in step.values()))
        for number, step in enumerate(report.step_outputs or (), 1)
    ]
    return Grid(columns, rows) if rows else Group()


def _values(array: NDArray[Any]) -> str:
    """The first elements, and how many there are."""
    shown = " ".join(f"{value:.6g}" for value in array.flat[:SHOWN])
    return shown if array.size <= SHOWN else f"{shown} ... ({array.size} values)"


def advice_table(report: RunReport) -> RenderableType:
    """What would make the network's slowest layers faster; nothing where there is nothing to say."""
    slowest = sorted((layer for layer in report.layers if layer.advice), key=lambda layer: -layer.cycles)
    rows: list[Row] = []
    for layer in slowest[:SLOWEST]:
        rows.append(Heading(layer.name))
        rows += [(f"{_ratio(layer.cycles, report.cycles):.1%}", sentence) for sentence in layer.advice[:1]]
        rows += [("", sentence) for sentence in layer.advice[1:]]
    columns = (Column("share"), Column(ADVICE, Kind.TEXT))
    return Grid(columns, rows) if rows else Group()


def stall_table(report: RunReport) -> RenderableType:
    """Where the cycles of every layer went: instructions and stalls by cause, per core on average."""
    lost: Counter[str] = Counter()
    for layer in report.layers:
        lost.update(layer.stalls)
    causes = [cause for cause, cycles in lost.items() if cycles]
    ranks = {cause: rank for rank, cause in enumerate(sorted(causes, key=lambda c: -lost[c]), 1)}
    columns = (
        Column("layer", Kind.NAME),
        Column("cycles"),
        Column("instructions"),
        *(Column(cause.replace("_", " "), rank=ranks[cause]) for cause in causes),
    )
    rows = [
        (
            layer.name,
            f"{layer.cycles:,}",
            f"{layer.instructions // report.cores:,}",
            *(f"{layer.stalls.get(cause, 0):,}" for cause in causes),
        )
        for layer in report.layers
    ]
    return Grid(columns, rows)


def layers_table(layers: Sequence[Layer]) -> RenderableType:
    """What a model consists of."""
    columns = (
        Column("layer", Kind.NAME),
        Column("op", Kind.WORD, rank=1),
        Column("input", Kind.TEXT, rank=6, least=11),
        Column("output", Kind.TEXT, rank=5, least=11),
        Column("MACs", rank=2),
        Column("weights", rank=3),
        Column("zeros", rank=7),
        Column("pattern", rank=4),
    )
    rows = [
        (
            *(layer.name, layer.kind, shapes(layer.inputs), shapes(layer.outputs)),
            f"{layer.macs:,}",
            size(layer.weight_bytes),
            f"{layer.zeros / layer.weight_bytes:.1%}" if layer.weight_bytes else "",
            pattern(layer),
        )
        for layer in layers
    ]
    total = (
        *("all", "", "", ""),
        f"{sum(layer.macs for layer in layers):,}",
        size(sum(layer.weight_bytes for layer in layers)),
        *("", ""),
    )
    return Grid(columns, (*rows, Rule(), Total(total)))


def kernel(layer: LayerReport) -> str:
    """The layer's kernel, and in how many stripes of rows it runs."""
    return f"{layer.kernel}, {counted(layer.stripes, 'stripe')}" if layer.stripes > 1 else layer.kernel


def bound(layer: LayerReport) -> str:
    """What bounds the layer, with its share of the time: `compute 82%`."""
    return f"{layer.bound} {layer.spent[layer.bound] / layer.cycles:.0%}" if layer.bound else ""


def pattern(layer: Layer, kernel: Kernel | None = None) -> str:
    """The layer's N:M pattern in text form, `dense` where none; `unstructured` where `kernel` runs it without one."""
    if kernel is not None and kernel.packed and layer.support is not None:
        return layer.support.name
    return str(layer.pattern) if layer.pattern else "dense"


def shapes(tensors: Iterable[TensorInfo]) -> str:
    """Shapes as `1x32x32x3`, several joined by commas."""
    return ", ".join("x".join(str(d) for d in tensor.shape) for tensor in tensors)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0

"""Cores over time, and what DMA moves meanwhile: a line for each."""

from collections.abc import Iterator, Sequence

from nmcu.report.names import labels
from nmcu.report.page.parts import COLOURS, box, key
from nmcu.report.run_report import RunReport
from nmcu.text import safe

UNITS = 1000
"""Width of a line in the SVG's own units; the page stretches it to its width."""
LEAST = 0.25
"""Waits and transfers narrower than this are left out: they cannot be seen, and a long run has many thousands."""
WAITS = {"barrier_wait": "#444c56", "dma_wait": "#c0392b", "event_wait": "#8e44ad"}
TRANSFER = "#848d97"


def timeline(report: RunReport) -> str:
    """A line per core with a box per layer, and waits in it; a line per DMA engine; the time below."""
    start = min((span.first for span in report.timeline), default=0)
    end = max((span.end for span in report.timeline), default=0)
    scale = UNITS / ((end - start) or 1)
    names = [layer.name for layer in report.layers]
    short = dict(zip(names, labels(names, 40).texts, strict=True))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    lines: dict[str, list[str]] = {f"core {core}": [] for core in range(report.cores)}
    for span in report.timeline:
        tip = f"core {span.core}, {short[span.layer]}: {span.end - span.first:,} cycles"
        x, width = (span.first - start) * scale, (span.end - span.first) * scale
        lines[f"core {span.core}"].append(box(x, 0, width, 1, colours[span.layer], tip))
    for line, boxes in _recorded(report, start, end, scale):
        lines.setdefault(line, []).extend(boxes)
    rows = "".join(
        f'<div><span class="name">{safe(name)}</span>'
        f'<svg viewBox="0 0 {UNITS} 1" preserveAspectRatio="none">{"".join(boxes)}</svg></div>'
        for name, boxes in lines.items()
    )
    ticks = "".join(f"<span>{(end - start) * n / 4 / report.clock_hz * 1e3:.3g} ms</span>" for n in range(5))
    axis = f'<div><span></span><span class="axis">{ticks}</span></div>'
    return f'{_key(report)}<div class="rows">{rows}{axis}</div>'


def _key(report: RunReport) -> str:
    if not report.recording.waits:
        return ""
    causes = {wait.cause for wait in report.recording.waits}
    shown = {cause.replace("_", " "): colour for cause, colour in WAITS.items() if cause in causes}
    return key(shown | {"transfer": TRANSFER})


def _recorded(report: RunReport, start: int, end: int, scale: float) -> Iterator[tuple[str, Sequence[str]]]:
    """Boxes of recorded waits and transfers in the time shown, by line."""
    for wait in report.recording.waits:
        width = (wait.end - wait.first) * scale
        if width >= LEAST and start <= wait.first < end:
            tip = f"{wait.cause.replace('_', ' ')}: {wait.end - wait.first:,} cycles"
            yield (
                f"core {wait.core}",
                [box((wait.first - start) * scale, 0.3, width, 0.7, WAITS[wait.cause], tip)],
            )
    for transfer in report.recording.transfers:
        width = (transfer.end - transfer.first) * scale
        if start <= transfer.first < end:
            tip = (
                f"{transfer.bytes:,} bytes for core {transfer.core}: {transfer.end - transfer.first:,} cycles"
            )
            visible = max(width, LEAST)
            shown = (
                [box((transfer.first - start) * scale, 0, visible, 1, TRANSFER, tip)]
                if width >= LEAST / 8
                else []
            )
            yield f"DMA {transfer.engine}", shown

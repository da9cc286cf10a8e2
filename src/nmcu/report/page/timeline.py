"""Cores over time: a line per core."""

from nmcu.report.names import labels
from nmcu.report.page.parts import COLOURS, box, safe
from nmcu.report.run_report import RunReport

UNITS = 1000
"""Width of a line in the SVG's own units; the page stretches it to its width."""


def timeline(report: RunReport) -> str:
    """A line per core with a box per layer, and the time below."""
    start = min((span.first for span in report.timeline), default=0)
    end = max((span.end for span in report.timeline), default=0)
    scale = UNITS / ((end - start) or 1)
    names = [layer.name for layer in report.layers]
    short = dict(zip(names, labels(names, 40).texts, strict=True))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    lines: dict[int, list[str]] = {core: [] for core in range(report.cores)}
    for span in report.timeline:
        tip = f"core {span.core}, {short[span.layer]}: {span.end - span.first:,} cycles"
        x, width = (span.first - start) * scale, (span.end - span.first) * scale
        lines[span.core].append(box(x, 0, width, 1, colours[span.layer], tip))
    rows = "".join(
        f'<div><span class="name">{safe(f"core {core}")}</span>'
        f'<svg viewBox="0 0 {UNITS} 1" preserveAspectRatio="none">{"".join(boxes)}</svg></div>'
        for core, boxes in lines.items()
    )
    ticks = "".join(f"<span>{(end - start) * n / 4 / report.clock_hz * 1e3:.3g} ms</span>" for n in range(5))
    return f'<div class="rows">{rows}<div><span></span><span class="axis">{ticks}</span></div></div>'

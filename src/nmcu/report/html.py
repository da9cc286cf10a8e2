"""One self-contained HTML page for a run: totals, where the cycles went, who lives where in memory."""

from collections.abc import Iterable, Sequence
from html import escape

from nmcu.plan import Plan
from nmcu.report.names import label
from nmcu.report.run_report import LayerReport, RunReport
from nmcu.report.tables import cores, size
from nmcu.report.text import printable

BUSY = "instructions"
COLOURS = {
    BUSY: "#3b6ea8",
    "dma_wait": "#c0504d",
    "barrier_wait": "#e3a84a",
    "tcdm_conflict": "#7a9f4b",
    "l2_access": "#8c6bb1",
    "load_use": "#5ab4ac",
    "branch": "#9e9e9e",
    "multi_cycle": "#bf812d",
}
OTHER = "#555555"
BAR_WIDTH, BAR_HEIGHT, NAME_WIDTH = 720, 18, 300
MAP_HEIGHT, STEP_WIDTH = 240, 44
LINE_HEIGHT = 14


def html(report: RunReport, plan: Plan) -> str:
    """The page. Everything that comes from the model is escaped; it loads nothing from outside."""
    title = f"{escape(printable(report.model))} on {report.target}"
    facts = {
        "cycles": f"{report.cycles:,}",
        "time": f"{report.time_ms:.3f} ms at {report.clock_hz / 1e6:.0f} MHz",
        "MAC/cycle": f"{report.macs_per_cycle:.2f}",
        "outputs": "equal to the reference, bit for bit"
        if report.bit_exact
        else f"{report.mismatches:,} values differ from the reference",
        "weights": size(report.memory.weight_bytes + report.memory.index_bytes),
        "L1 peak": size(report.memory.l1_peak_bytes),
        "L2 peak": size(report.memory.l2_peak_bytes),
        "code": size(report.memory.code_bytes),
        "simulated": f"{report.instructions:,} instructions in {report.sim_seconds:.2f} s "
        f"({report.sim}, {report.isa}, {cores(report.cores)})",
        "assumed": "; ".join(report.assumptions),
    }
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 14px system-ui, sans-serif; margin: 2em; color: #222; }}
table {{ border-collapse: collapse; }} td, th {{ padding: 2px 10px; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }} tr:nth-child(even) {{ background: #f4f4f4; }}
svg text {{ font: 12px system-ui, sans-serif; }} .key span {{ padding: 0 8px; color: #fff; margin-right: 6px; }}
</style></head><body>
<h1>{title}</h1>
<table>{"".join(f"<tr><th>{key}</th><td>{escape(value)}</td></tr>" for key, value in facts.items())}</table>
<h2>Where the cycles went</h2>
<p>One bar per layer: cycles of a core, averaged over the cores. Point at a part for its number.</p>
{_key(report.layers)}{_bars(report.layers)}
<h2>Cores over time</h2>
<p>One line per core, one colour per layer. trace.json holds the same for a trace viewer (ui.perfetto.dev).</p>
{_timeline(report)}
<h2>Activations in L2</h2>
<p>Layers from left to right, addresses from bottom to top; each box is a tensor while it is needed.</p>
{_memory_map(plan)}
<h2>Layers</h2>
{_table(report)}
</body></html>
"""


def _parts(layer: LayerReport) -> list[tuple[str, int]]:
    """Cycles of one core on average by cause, instructions first."""
    stalled = sum(layer.stalls.values())
    return [(BUSY, max(0, layer.cycles - stalled)), *sorted(layer.stalls.items(), key=lambda part: -part[1])]


def _key(layers: Sequence[LayerReport]) -> str:
    seen = dict.fromkeys(cause for layer in layers for cause, cycles in _parts(layer) if cycles)
    spans = (f'<span style="background:{COLOURS.get(c, OTHER)}">{c.replace("_", " ")}</span>' for c in seen)
    return f'<p class="key">{"".join(spans)}</p>'


def _bars(layers: Sequence[LayerReport]) -> str:
    longest = max((sum(cycles for _, cycles in _parts(layer)) for layer in layers), default=0) or 1
    rows = []
    for row, layer in enumerate(layers):
        y, x = row * (BAR_HEIGHT + 4), float(NAME_WIDTH)
        rows.append(f'<text x="0" y="{y + 13}">{escape(label(layer.name))}</text>')
        for cause, cycles in _parts(layer):
            width = cycles / longest * BAR_WIDTH
            tip = f"{cause.replace('_', ' ')}: {cycles:,} cycles"
            rows.append(_box(x, y, width, BAR_HEIGHT, COLOURS.get(cause, OTHER), tip))
            x += width
        rows.append(f'<text x="{x + 6:.1f}" y="{y + 13}">{layer.cycles:,}</text>')
    return _svg(NAME_WIDTH + BAR_WIDTH + 90, len(layers) * (BAR_HEIGHT + 4), rows)


def _timeline(report: RunReport) -> str:
    start = min((span.first for span in report.timeline), default=0)
    scale = (NAME_WIDTH + BAR_WIDTH) / (max((span.end for span in report.timeline), default=1) - start)
    colours = {layer.name: _colour(number) for number, layer in enumerate(report.layers)}
    boxes = []
    for span in report.timeline:
        tip = f"core {span.core}, {label(span.layer)}: {span.end - span.first:,} cycles"
        x, width = (span.first - start) * scale, (span.end - span.first) * scale
        boxes.append(_box(x, span.core * LINE_HEIGHT, width, LINE_HEIGHT - 2, colours[span.layer], tip))
    return _svg(NAME_WIDTH + BAR_WIDTH, report.cores * LINE_HEIGHT, boxes)


def _colour(number: int) -> str:
    return list(COLOURS.values())[number % len(COLOURS)]


def _memory_map(plan: Plan) -> str:
    alive: dict[str, list[int]] = {}
    for step, planned in enumerate(plan.layers):
        for tensor in (*planned.layer.inputs, *planned.layer.outputs):
            root = plan.aliases.get(tensor.name, tensor.name)
            if root in plan.tensors:
                alive.setdefault(root, []).append(step)
    scale = MAP_HEIGHT / (plan.arena_bytes or 1)
    boxes = []
    for number, (name, steps) in enumerate(alive.items()):
        buffer = plan.tensors[name]
        x, width = min(steps) * STEP_WIDTH, (max(steps) - min(steps) + 1) * STEP_WIDTH
        tip = f"{printable(name)}: {size(buffer.bytes)} at offset {buffer.offset:,}"
        boxes.append(
            _box(
                x, MAP_HEIGHT - buffer.end * scale, width - 1, buffer.bytes * scale - 1, _colour(number), tip
            )
        )
    return _svg(len(plan.layers) * STEP_WIDTH, MAP_HEIGHT, boxes)


def _table(report: RunReport) -> str:
    heads = ("layer", "op", "kernel", "pattern", "MACs", "cycles", "MAC/cycle", "DMA wait", "weights", "L1")
    rows = [
        (
            printable(layer.name),
            layer.op,
            layer.kernel,
            layer.pattern,
            f"{layer.macs:,}",
            f"{layer.cycles:,}",
            f"{layer.macs / layer.cycles:.2f}" if layer.macs and layer.cycles else "",
            f"{layer.dma_wait_cycles:,}",
            size(layer.weight_bytes + layer.index_bytes),
            size(layer.l1_bytes),
        )
        for layer in report.layers
    ]
    head = "".join(f"<th>{h}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _box(x: float, y: float, width: float, height: float, colour: str, tip: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.2f}" height="{max(height, 0):.1f}"'
    return f'<rect {place} fill="{colour}"><title>{escape(tip)}</title></rect>'


def _svg(width: float, height: float, parts: Iterable[str]) -> str:
    return f'<svg width="{width:.0f}" height="{height:.0f}">{"".join(parts)}</svg>'

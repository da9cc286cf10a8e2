"""The page: totals, where the cycles went, cores over time, what lies where in memory, all layers."""

from pathlib import Path

from nmcu.report.page.bars import bars, sentence
from nmcu.report.page.memory_map import memory_maps
from nmcu.report.page.parts import facts, table
from nmcu.report.page.timeline import timeline
from nmcu.report.run_report import RunReport
from nmcu.report.tables import ADVICE, kernel, parts
from nmcu.report.units import cores, size
from nmcu.text import safe

STYLE = Path(__file__).with_name("style.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is loaded and no script runs, whatever a name from a model may hold."""


def html(report: RunReport) -> str:
    """The page. Everything that comes from the model is escaped; it loads nothing from outside."""
    title = safe(f"{report.model} on {report.target}")
    values = {
        "cycles": f"{report.cycles:,}",
        "time": f"{report.time_ms:.3f} ms at {report.clock_hz / 1e6:.0f} MHz",
        "MAC/cycle": f"{report.macs_per_cycle:.2f}",
        "weights": size(report.memory.weight_bytes + report.memory.index_bytes),
        **{what: size(peak) for what, peak in report.peaks.items()},
        "code": size(report.memory.code_bytes),
        "simulated": f"{report.instructions:,} instructions in {report.sim_seconds:.2f} s",
    }
    verdict = (
        '<span class="good">bit-exact</span>: all outputs equal the reference, bit for bit'
        if report.bit_exact
        else f'<span class="bad">{report.mismatches:,} values differ from the reference</span>'
    )
    machine = safe(f"{report.isa}, {cores(report.cores)}, {report.sim}")
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{title}</title><style>
{STYLE.read_text(encoding="utf-8")}</style></head><body>
<h1>{title}</h1>
<div>{verdict} ({machine})</div>
{_reading(report)}
{facts(values, {"assumed": "; ".join(report.assumptions)})}
<h2>Where the cycles went</h2>
<p>One bar per layer: its cycles by what the cores spent them on. The first word says what bounds the layer.</p>
{bars(report.layers)}
{_advice(report)}
<h2>Cores over time</h2>
<p>One colour per layer. trace.json shows more in a trace viewer (ui.perfetto.dev).</p>
{timeline(report)}
<h2>Memory</h2>
<p>Addresses from bottom to top, layers from left to right; a box is there while it is needed. Point at a box for what
it is.</p>
{memory_maps(report.blocks, len(report.layers))}
<h2>Layers</h2>
{_layers(report)}
<details><summary>stalls by cause: cycles of a core, averaged over the cores</summary>{_stalls(report)}</details>
</body></html>
"""


def _reading(report: RunReport) -> str:
    found = report.verified
    if found is None:
        return ""
    kind = "bad" if not found.ok else "good" if found.checked else ""
    return f'<div>reading: <span class="{kind}">{safe(found.text)}</span></div>'


def _advice(report: RunReport) -> str:
    """What the slowest layers wait for, and what would help."""
    rows = [
        (layer.name, f"{layer.cycles / report.cycles:.1%}", sentence)
        for layer in sorted(report.layers, key=lambda layer: -layer.cycles)
        for sentence in layer.advice
    ]
    return table(("slowest layers", "share", ADVICE), rows, words=(ADVICE,)) if rows else ""


def _layers(report: RunReport) -> str:
    headings = (
        *("layer", "#", "op", "kernel", "pattern", "MACs", "cycles", "MAC/cycle", "bound by", "DMA wait"),
        *("weights", report.compute_memory.upper()),
    )
    rows = [
        (
            *(layer.name, str(number), layer.op, kernel(layer), layer.pattern),
            f"{layer.macs:,}",
            f"{layer.cycles:,}",
            f"{layer.macs / layer.cycles:.2f}" if layer.macs and layer.cycles else "",
            sentence(layer),
            f"{layer.dma_wait_cycles:,}",
            size(layer.weight_bytes + layer.index_bytes),
            size(layer.l1_bytes),
        )
        for number, layer in enumerate(report.layers, 1)
    ]
    below = [
        [(name, *("",) * 5, f"{cycles:,}", *("",) * 5) for name, cycles in parts(layer)]
        for layer in report.layers
    ]
    all_rows = [line for row, lines in zip(rows, below, strict=True) for line in (row, *lines)]
    return table(headings, all_rows, words=("op", "kernel", "pattern", "bound by"))


def _stalls(report: RunReport) -> str:
    causes = list(dict.fromkeys(c for layer in report.layers for c, cycles in layer.stalls.items() if cycles))
    rows = [
        (
            layer.name,
            f"{layer.cycles:,}",
            f"{layer.instructions // report.cores:,}",
            *(f"{layer.stalls.get(cause, 0):,}" for cause in causes),
        )
        for layer in report.layers
    ]
    return table(("layer", "cycles", "instructions", *(c.replace("_", " ") for c in causes)), rows)

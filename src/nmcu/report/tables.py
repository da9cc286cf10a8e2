"""Tables for people, drawn with rich."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nmcu.graph import Layer, TensorInfo
from nmcu.report.run_report import RunReport
from nmcu.report.text import label, printable


def run_table(report: RunReport) -> RenderableType:
    """Time, work and memory of every layer, and the totals."""
    table = _table("layer", "op", "kernel", "pattern")
    for heading in ("MACs", "cycles", "share", "MAC/cycle", "DMA wait", "weights", "L1"):
        table.add_column(heading, justify="right")
    for layer in report.layers:
        table.add_row(
            *_texts(label(layer.name), layer.op, layer.kernel, layer.pattern),
            f"{layer.macs:,}",
            f"{layer.cycles:,}",
            f"{_ratio(layer.cycles, report.cycles):.1%}",
            f"{_ratio(layer.macs, layer.cycles):.2f}" if layer.macs else "",
            f"{layer.dma_wait_cycles:,}",
            size(layer.weight_bytes + layer.index_bytes),
            size(layer.l1_bytes),
        )
    table.add_section()
    table.add_row(
        Text("all"),
        *_texts("", "", ""),
        f"{report.macs:,}",
        f"{report.cycles:,}",
        "100.0%",
        f"{report.macs_per_cycle:.2f}",
        f"{sum(layer.dma_wait_cycles for layer in report.layers):,}",
        size(report.memory.weight_bytes + report.memory.index_bytes),
        size(report.memory.l1_peak_bytes),
    )
    return Group(
        table, Text(_summary(report)), Text(f"assumed: {'; '.join(report.assumptions)}", style="dim")
    )


def stall_table(report: RunReport) -> RenderableType:
    """Where the cycles of every layer went: instructions and stalls by cause, per core on average."""
    causes = dict.fromkeys(
        cause for layer in report.layers for cause, cycles in layer.stalls.items() if cycles
    )
    table = _table("layer")
    for heading in ("cycles", "instructions", *(cause.replace("_", " ") for cause in causes)):
        table.add_column(heading, justify="right")
    for layer in report.layers:
        table.add_row(
            *_texts(label(layer.name)),
            f"{layer.cycles:,}",
            f"{layer.instructions // report.cores:,}",
            *(f"{layer.stalls.get(cause, 0):,}" for cause in causes),
        )
    return table


def layers_table(layers: Sequence[Layer]) -> RenderableType:
    """What a model consists of."""
    table = _table("layer", "op", "input", "output")
    for heading in ("MACs", "weights", "zeros", "pattern"):
        table.add_column(heading, justify="right")
    for layer in layers:
        weights = layer.weight_bytes
        table.add_row(
            *_texts(label(layer.name), layer.kind),
            *_texts(shapes(layer.inputs), shapes(layer.outputs)),
            f"{layer.macs:,}",
            size(weights),
            f"{layer.zeros / weights:.1%}" if weights else "",
            pattern(layer),
        )
    table.add_section()
    table.add_row(
        Text("all"),
        *_texts("", "", ""),
        f"{sum(layer.macs for layer in layers):,}",
        size(sum(layer.weight_bytes for layer in layers)),
        "",
        "",
    )
    return table


def pattern(layer: Layer) -> str:
    """The layer's N:M pattern in text form, `dense` where none."""
    return str(layer.pattern) if layer.pattern else "dense"


def shapes(tensors: Iterable[TensorInfo]) -> str:
    """Shapes as `1x32x32x3`, several joined by commas."""
    return ", ".join("x".join(str(d) for d in tensor.shape) for tensor in tensors)


def size(count: int) -> str:
    """A number of bytes for people: `412 B`, `36.0 KiB`, `1.50 MiB`."""
    if count < 1024:
        return f"{count} B"
    if count < 1 << 20:
        return f"{count / 1024:.1f} KiB"
    return f"{count / (1 << 20):.2f} MiB"


def cores(count: int) -> str:
    """`1 core`, `8 cores`."""
    return f"{count} core" if count == 1 else f"{count} cores"


def _summary(report: RunReport) -> str:
    right = (
        "bit-exact" if report.bit_exact else f"{report.mismatches} output values differ from the reference"
    )
    memory = report.memory
    return (
        f"{printable(report.model)} on {report.target} ({report.isa}, {cores(report.cores)}, {report.sim}): "
        f"{report.cycles:,} cycles, {report.time_ms:.3f} ms at {report.clock_hz / 1e6:.0f} MHz, "
        f"{report.macs_per_cycle:.2f} MAC/cycle, {right}\n"
        f"memory: L1 peak {size(memory.l1_peak_bytes)}, L2 peak {size(memory.l2_peak_bytes)}, "
        f"weights {size(memory.weight_bytes)}, indices {size(memory.index_bytes)}, code {size(memory.code_bytes)}; "
        f"simulated {report.instructions:,} instructions in {report.sim_seconds:.2f} s"
    )


def _table(*columns: str) -> Table:
    table = Table(header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _texts(*values: str) -> tuple[Text, ...]:
    return tuple(Text(printable(value)) for value in values)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0

"""The benchmark's rows as tables for people."""

from collections.abc import Sequence

from rich.table import Table

from nmcu.bench.fit import KernelError
from nmcu.bench.kernels import KernelRow
from nmcu.bench.networks import NetworkRow
from nmcu.bench.paper import PaperRow


def kernels_table(rows: Sequence[KernelRow]) -> Table:
    """One line per row; a section per shape."""
    numbers = (
        "cycles",
        "MAC/cycle",
        "effective",
        "vs dense",
        "vs 4x2",
        "weights",
        "bank conflicts",
        "bit-exact",
    )
    table = _table(("shape", "pattern", "kernel", "isa"), numbers)
    shape = None
    for row in rows:
        if shape not in (None, row.shape):
            table.add_section()
        table.add_row(
            row.shape if row.shape != shape else "",
            row.pattern,
            row.kernel,
            row.isa,
            f"{row.cycles:,}",
            f"{row.macs_per_cycle:.2f}",
            f"{row.nonzero_macs / row.cycles:.2f}",
            _factor(row.speedup_vs_dense),
            _factor(row.speedup_vs_dense_4x2),
            f"{row.packed_bytes / row.dense_bytes:.1%}",
            f"{row.stalls['tcdm_conflict'] / row.cycles:.1%}",
            "yes" if row.bit_exact else "NO",
        )
        shape = row.shape
    return table


def networks_table(rows: Sequence[NetworkRow]) -> Table:
    """One line per row; a section per network."""
    numbers = ("cycles", "MAC/cycle", "vs dense", "predicted", "weights", "from L3", "top-1", "bit-exact")
    table = _table(("network", "pattern", "isa", "kernels"), numbers)
    network = None
    for row in rows:
        if network not in (None, row.network):
            table.add_section()
        table.add_row(
            row.network if row.network != network else "",
            row.pattern,
            row.isa,
            row.kernels,
            f"{row.cycles:,}",
            f"{row.macs_per_cycle:.2f}",
            _factor(row.speedup_vs_dense),
            f"{row.predicted_cycles / row.cycles - 1:+.1%}",
            f"{row.weight_bytes / 1024:,.0f} KiB",
            f"{row.l3_read_bytes / 1024:,.0f} KiB",
            "" if row.top1 is None else f"{row.top1:.2f} %",
            "yes" if row.bit_exact else "NO",
        )
        network = row.network
    return table


def paper_table(rows: Sequence[PaperRow]) -> Table:
    """One line per published claim."""
    table = Table(header_style="bold")
    table.add_column("claim", overflow="fold")
    for heading in ("published", "its kernels here", "best here"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    table.add_column("detail", overflow="fold")
    for row in rows:
        figures = (row.published, row.published_kernels, row.best)
        table.add_row(row.claim, *("" if f is None else f"{f:g}" for f in figures), row.unit, row.detail)
    return table


def errors_table(errors: Sequence[KernelError]) -> Table:
    """How far the cost model is off, by kernel."""
    table = _table(("kernel", "isa"), ("mean", "largest", "mean, other shapes", "largest, other shapes"))
    table.add_column("worst case", overflow="fold")
    for e in errors:
        shares = (e.fitted_mean, e.fitted_max, e.other_mean, e.other_max)
        table.add_row(e.kernel, e.isa, *(f"{share:.1%}" for share in shares), e.worst)
    return table


def _table(words: Sequence[str], numbers: Sequence[str]) -> Table:
    """An empty table with these headings."""
    table = Table(*words, header_style="bold")
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


def _factor(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}x"

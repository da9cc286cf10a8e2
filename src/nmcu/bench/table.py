"""The benchmark's rows as tables for people."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from nmcu.bench.fit import KernelError
from nmcu.bench.kernels import KernelRow
from nmcu.bench.networks import NetworkRow
from nmcu.bench.paper import PaperRow
from nmcu.kernels.mix import EVENTS
from nmcu.report import Column, Grid, Heading, Kind, Row

T = TypeVar("T")


def kernels_table(rows: Sequence[KernelRow]) -> Grid:
    """One line per row, under the name of its shape."""
    columns = (
        Column("pattern", Kind.WORD),
        Column("kernel", Kind.NAME),
        Column("isa", Kind.WORD, rank=4),
        Column("cycles"),
        Column("MAC/cycle", rank=3),
        Column("effective", rank=7),
        Column("vs dense", rank=1),
        Column("vs 4x2", rank=5),
        Column("weights", rank=6),
        Column("bank conflicts", rank=8),
        Column("bit-exact", rank=2),
    )

    def line(row: KernelRow) -> Row:
        return (
            *(row.pattern, row.kernel, row.isa),
            f"{row.cycles:,}",
            f"{row.macs_per_cycle:.2f}",
            f"{row.nonzero_macs / row.cycles:.2f}",
            _factor(row.speedup_vs_dense),
            _factor(row.speedup_vs_dense_4x2),
            f"{row.packed_bytes / row.dense_bytes:.1%}",
            f"{row.stalls['tcdm_conflict'] / row.cycles:.1%}",
            "yes" if row.bit_exact else "NO",
        )

    return Grid(columns, _under_headings(rows, lambda row: row.shape, line))


def networks_table(rows: Sequence[NetworkRow]) -> Grid:
    """One line per row, under the name of its network."""
    columns = (
        Column("pattern", Kind.WORD),
        Column("isa", Kind.WORD, rank=1),
        Column("kernels", Kind.WORD, rank=2),
        Column("cycles"),
        Column("MAC/cycle", rank=4),
        Column("vs dense", rank=3),
        Column("predicted", rank=7),
        Column("weights", rank=8),
        Column("from L3", rank=9),
        Column("top-1", rank=6),
        Column("bit-exact", rank=5),
    )

    def line(row: NetworkRow) -> Row:
        return (
            *(row.pattern, row.isa, row.kernels),
            f"{row.cycles:,}",
            f"{row.macs_per_cycle:.2f}",
            _factor(row.speedup_vs_dense),
            f"{row.predicted_cycles / row.cycles - 1:+.1%}",
            f"{row.weight_bytes / 1024:,.0f} KiB",
            f"{row.l3_read_bytes / 1024:,.0f} KiB",
            "" if row.top1 is None else f"{row.top1:.2f} %",
            "yes" if row.bit_exact else "NO",
        )

    return Grid(columns, _under_headings(rows, lambda row: row.network, line))


def paper_table(rows: Sequence[PaperRow]) -> Grid:
    """One line per published claim."""
    columns = (
        Column("claim", Kind.TEXT, least=24),
        Column("published"),
        Column("its kernels here", rank=1),
        Column("best here"),
        Column("with gmac"),
        Column("unit", Kind.WORD),
        Column("detail", Kind.TEXT, rank=2, least=24),
    )
    lines = []
    for row in rows:
        figures = (row.published, row.published_kernels, row.best, row.gmac)
        lines.append((row.claim, *("" if f is None else f"{f:g}" for f in figures), row.unit, row.detail))
    return Grid(columns, lines)


def errors_table(errors: Sequence[KernelError]) -> Grid:
    """How far the cost model is off, by kernel."""
    columns = (
        Column("kernel", Kind.NAME),
        Column("isa", Kind.WORD, rank=1),
        *(Column("mean"), Column("largest")),
        *(Column("mean, other shapes", rank=2), Column("largest, other shapes", rank=3)),
        Column("worst case", Kind.TEXT, rank=4),
    )
    lines = []
    for e in errors:
        shares = (e.fitted_mean, e.fitted_max, e.other_mean, e.other_max)
        lines.append((e.kernel, e.isa, *(f"{share:.1%}" for share in shares), e.worst))
    return Grid(columns, lines)


def mixes_table(rows: Sequence[Mapping[str, Any]]) -> Grid:
    """Events in a thousand cycles, by kernel."""
    columns = (Column("in 1,000 cycles of", Kind.NAME), *(Column(e.replace("_", " ")) for e in EVENTS))
    return Grid(columns, [(row["kernel"], *(f"{row[e]:,}" for e in EVENTS)) for row in rows])


def _under_headings(rows: Iterable[T], heading: Callable[[T], str], line: Callable[[T], Row]) -> list[Row]:
    """The lines of `rows`, those with the same heading that follow each other under it."""
    lines: list[Row] = []
    for name, group in groupby(rows, heading):
        lines += [Heading(name), *map(line, group)]
    return lines


def _factor(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}x"

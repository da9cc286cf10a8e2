"""The figure of the network benchmark: speed-up by pattern, and where the cycles go."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmcu.bench import published
from nmcu.bench.networks import DENSE, NetworkRow
from nmcu.errors import NmcuError
from nmcu.report.figures import check_suffix, save

CLAIMS = {name: figure for name, (_, figure) in published.NETWORKS.items()}
"""Published speed-ups of whole networks (Daghero et al., MLSys 2025)."""

VISIBLE_SHARE = 0.02
"""Kinds of layers below this share of every row's cycles are drawn together."""


def plot_networks(rows: Sequence[NetworkRow], path: Path) -> None:
    """Draws `rows` to `path` (.png, .svg or .pdf by its suffix): a pair of panels for each network.

    Raises `NmcuError` for a file format that is not supported, and where there is nothing to draw.
    """
    check_suffix(path)
    if not rows:
        raise NmcuError("no network was measured: nothing to draw")
    names = list(dict.fromkeys(row.network for row in rows))
    figure = Figure(figsize=(12, 3.2 * len(names)), layout="constrained")
    panels = figure.subplots(len(names), 2, squeeze=False)
    for line, name in enumerate(names):
        own = [row for row in rows if row.network == name]
        _speedups(panels[line][0], name, own)
        _cycles(panels[line][1], own)
    save(figure, path, dpi=150)


def _speedups(panel: Axes, name: str, rows: Sequence[NetworkRow]) -> None:
    patterns = list(dict.fromkeys(row.pattern for row in rows))
    variants = list(dict.fromkeys((row.isa, row.kernels) for row in rows))
    width = 0.8 / len(variants)
    for number, (isa, kernels) in enumerate(variants):
        own = {r.pattern: r.speedup_vs_dense for r in rows if (r.isa, r.kernels) == (isa, kernels)}
        places = [patterns.index(p) + (number - (len(variants) - 1) / 2) * width for p in own]
        label = isa if kernels == "*" else f"{isa}, {kernels}"
        panel.bar(places, [value or 0 for value in own.values()], width, label=label)
    if name in CLAIMS:
        panel.axhline(CLAIMS[name], color="black", linestyle="--", linewidth=1, label="published")
    panel.set_xticks(range(len(patterns)), patterns)
    panel.set_ylabel("times faster than dense")
    panel.set_title(name)
    panel.legend(fontsize="small")


def _cycles(panel: Axes, rows: Sequence[NetworkRow]) -> None:
    shown = [row for row in rows if row.kernels == "*" and row.isa == rows[0].isa]
    cycles = [_million_cycles(row, _large_kinds(shown)) for row in shown]
    base = [0.0] * len(shown)
    for kind in dict.fromkeys(kind for column in cycles for kind in column):
        heights = [column.get(kind, 0.0) for column in cycles]
        panel.bar(range(len(shown)), heights, bottom=base, label=kind)
        base = [b + h for b, h in zip(base, heights, strict=True)]
    panel.set_xticks(range(len(shown)), [row.pattern for row in shown])
    panel.set_ylabel("million cycles")
    panel.set_title(f"where they go ({DENSE} to sparse, {rows[0].isa})")
    panel.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1), reverse=True)


def _large_kinds(rows: Sequence[NetworkRow]) -> list[str]:
    """Kinds of layers with a visible share of some row's cycles, the largest first."""
    share: dict[str, float] = {}
    for row in rows:
        for kind, cycles in row.cycles_by_kind.items():
            share[kind] = max(share.get(kind, 0.0), cycles / row.cycles)
    return sorted((kind for kind in share if share[kind] >= VISIBLE_SHARE), key=lambda k: -share[k])


def _million_cycles(row: NetworkRow, kinds: Sequence[str]) -> dict[str, float]:
    named = {kind: row.cycles_by_kind.get(kind, 0) / 1e6 for kind in kinds}
    rest = row.cycles / 1e6 - sum(named.values())
    return named | ({"other": rest} if rest > 0 else {})

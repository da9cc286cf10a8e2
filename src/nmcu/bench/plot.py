"""Figures of the benchmark's rows."""

import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nmcu.bench.kernels import DENSE, KernelRow
from nmcu.bench.published import CONV_SOFTWARE, CONV_XDECIMATE
from nmcu.errors import NmcuError
from nmcu.report.figures import check_suffix, save
from nmcu.sparsity import NMPattern

COLUMNS = 4


def plot_kernels(rows: Sequence[KernelRow], path: Path) -> None:
    """Draws speed-up over our fastest dense kernel against pattern, a panel per shape, the published figures as marks.

    Raises `NmcuError` for a file format that is not supported, and where there is nothing to draw.
    """
    check_suffix(path)
    sparse = [row for row in rows if row.pattern != DENSE and row.speedup_vs_dense is not None]
    if not sparse:
        raise NmcuError("there is no sparse layer with a dense one to compare with: nothing to draw")
    shapes = list(dict.fromkeys(row.shape for row in sparse))
    patterns = list(dict.fromkeys(row.pattern for row in sparse))
    kernels = sorted({row.kernel for row in sparse})
    columns = min(COLUMNS, len(shapes))
    lines = math.ceil(len(shapes) / columns)
    figure = Figure(figsize=(4.2 * columns, 3.4 * lines + 0.6), layout="constrained")
    panels = [figure.add_subplot(lines, columns, at + 1) for at in range(len(shapes))]
    for shape, axes in zip(shapes, panels, strict=True):
        _panel(axes, [row for row in sparse if row.shape == shape], patterns, kernels)
        axes.set_title(shape, fontsize=9)
    panels[0].set_ylabel("times faster than our fastest dense kernel")
    known = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(known.values(), known.keys(), loc="outside lower center", ncols=2 * columns, fontsize=8)
    save(figure, path, dpi=120)


def _panel(axes: Axes, rows: Sequence[KernelRow], patterns: Sequence[str], kernels: Sequence[str]) -> None:
    for at, kernel in enumerate(kernels):
        points = {r.pattern: r.speedup_vs_dense or math.nan for r in rows if r.kernel == kernel}
        for run in _families([p for p in patterns if p in points]):
            axes.plot(
                [patterns.index(p) for p in run],
                [points[p] for p in run],
                marker="o",
                markersize=4,
                linewidth=1,
                color=f"C{at}",
                label=kernel,
            )
    if rows[0].op == "conv":
        for figures, label, mark in (
            (CONV_SOFTWARE, "published, software, over its dense", "*"),
            (CONV_XDECIMATE, "published, xDecimate, at most", "P"),
        ):
            shown = [p for p in patterns if p in figures]
            axes.plot(
                [patterns.index(p) for p in shown],
                [figures[p] for p in shown],
                mark,
                color="black",
                markersize=8,
                label=label,
            )
    axes.axhline(1, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xticks(range(len(patterns)), patterns, fontsize=8)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter("{x:g}x")
    axes.grid(axis="y", linewidth=0.3)


def _families(patterns: Sequence[str]) -> list[list[str]]:
    """Neighbours that differ in the length of their blocks only: what a line may connect."""
    kind = {p: (parsed.n, parsed.group) for p in patterns for parsed in (NMPattern.parse(p),)}
    return [list(run) for _, run in groupby(patterns, key=kind.__getitem__)]

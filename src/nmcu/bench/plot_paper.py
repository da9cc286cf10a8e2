"""The figure of the published claims: the paper's factors beside those measured here."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from nmcu.bench.paper import PaperRow
from nmcu.errors import NmcuError
from nmcu.report.figures import check_suffix, save

FACTOR = "times faster"
SERIES = (
    ("published", "published", "black"),
    ("its kernels here", "published_kernels", "C7"),
    ("best here", "best", "C0"),
    ("with gmac", "gmac", "C1"),
)
BAR = 0.2


def plot_paper(rows: Sequence[PaperRow], path: Path) -> None:
    """Draws the claims that are factors, four bars each, to `path` (.png, .svg or .pdf by its suffix).

    Raises `NmcuError` for a file format that is not supported, and where there is nothing to draw.
    """
    check_suffix(path)
    drawn = [row for row in rows if row.unit == FACTOR]
    if not drawn:
        raise NmcuError("no claim was measured that is a factor: nothing to draw")
    figure = Figure(figsize=(11, 0.8 * len(drawn) + 1), layout="constrained")
    panel = figure.add_subplot()
    for number, (label, field, colour) in enumerate(SERIES):
        lengths = [getattr(row, field) or 0.0 for row in drawn]
        places = [line + (number - (len(SERIES) - 1) / 2) * BAR for line in range(len(drawn))]
        bars = panel.barh(places, lengths, BAR, color=colour, label=label)
        panel.bar_label(bars, [f"{v:.2f}" if v else "" for v in lengths], padding=2, fontsize=7)
    panel.set_yticks(range(len(drawn)), [row.claim for row in drawn], fontsize=8)
    panel.invert_yaxis()
    panel.set_xlabel(FACTOR)
    panel.legend(fontsize="small")
    save(figure, path, dpi=120)

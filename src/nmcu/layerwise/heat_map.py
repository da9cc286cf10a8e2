"""Sensitivity as a picture: layers down, patterns across, what each costs as colour and number."""

from typing import TYPE_CHECKING

from nmcu.report import figures
from nmcu.report.names import labels

if TYPE_CHECKING:
    from matplotlib.colors import Normalize

    from nmcu.layerwise.sensitivity import Sensitivity

NAME = 30
"""Characters of a layer's name."""
UNITS = {
    "top1": "points of top-1 accuracy",
    "kl": "divergence of the outputs, nats",
    "mse": "mean square error",
}


def drawn(found: "Sensitivity", suffix: str) -> bytes:
    """The picture of `found` as a file whose name ends in `suffix`, one of `figures.SUFFIXES`."""
    from matplotlib.figure import Figure  # late: it takes long, and only pictures need it

    grid = [[layer.at(pattern) for pattern in found.patterns] for layer in found.layers]
    losses = [[None if each is None else found.loss(each) for each in row] for row in grid]
    known = [loss for row in losses for loss in row if loss is not None]
    figure = Figure(figsize=(2.6 + 0.85 * len(found.patterns), 1.3 + 0.32 * len(grid)), layout="constrained")
    axes = figure.add_subplot()
    scale = _scale(known, found.metric == "top1")
    image = axes.imshow(
        [[float("nan") if loss is None else loss for loss in row] for row in losses],
        cmap="viridis_r",
        norm=scale,
        aspect="auto",
    )
    for row, line in enumerate(losses):
        for column, loss in enumerate(line):
            dark = loss is not None and float(scale(loss)) > 0.55
            text = "" if loss is None else f"{loss:.2f}" if found.metric == "top1" else f"{loss:.2g}"
            axes.text(
                column, row, text, ha="center", va="center", fontsize=7, color="white" if dark else "black"
            )
    axes.set_xticks(range(len(found.patterns)), [str(pattern) for pattern in found.patterns], fontsize=8)
    names = labels([layer.name for layer in found.layers], NAME).texts
    axes.set_yticks(range(len(grid)), [name.replace("$", r"\$") for name in names], fontsize=8)
    axes.set_xlabel("pattern of this layer alone", fontsize=8)
    bar = figure.colorbar(image)
    bar.set_label(UNITS[found.metric], fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figures.drawn(figure, suffix, dpi=120)


def _scale(losses: list[float], linear: bool) -> "Normalize":
    """From nothing lost on; of divergences and errors, which differ by powers of ten, in logarithms."""
    from matplotlib.colors import LogNorm, Normalize

    most = max(losses)
    least = min((loss for loss in losses if loss > 0), default=most)
    if linear or least <= 0 or least == most:
        return Normalize(0, max(most, 1e-9))
    return LogNorm(least, most, clip=True)

"""A Pareto front as a picture: cycles across, what the outputs lose up, uniform patterns as marks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from nmcu.report import figures

if TYPE_CHECKING:
    from nmcu.pareto.front import Front, Point

AXES = {"top1": "top-1 in %", "kl": "divergence of the outputs, nats", "mse": "mean square error"}


def drawn(front: "Front", form: str) -> bytes:
    """The picture of `front` as a file of the form: png, svg or pdf; scores are those of samples it did not see."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()

    def values(points: "Sequence[Point]") -> list[float]:
        found = [point.unseen.value(front.metric) for point in points]
        return [value for value in found if value is not None]

    def cycles(points: "Sequence[Point]") -> list[float]:
        return [point.cycles / 1000 for point in points]

    axes.plot(cycles(front.points), values(front.points), "o-", markersize=4, label="found")
    axes.plot(cycles(front.uniform), values(front.uniform), "x", markersize=7, label="one pattern everywhere")
    for point, x, y in zip(front.uniform, cycles(front.uniform), values(front.uniform), strict=True):
        axes.annotate(point.name, (x, y), textcoords="offset points", xytext=(5, -9), fontsize=7)
    if front.chosen is not None:
        chosen = [front.chosen]
        axes.plot(cycles(chosen), values(chosen), "s", markersize=9, fillstyle="none", label="chosen")
    axes.set_xlabel(f"thousand cycles on {front.target} ({front.isa})")
    axes.set_ylabel(AXES[front.metric])
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figures.drawn(figure, f".{form}", 120)

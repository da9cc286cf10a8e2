"""A Pareto front of pruned networks: the value, printed, saved, drawn."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmcu.errors import counted
from nmcu.graph import Graph
from nmcu.layerwise import Metric, Score
from nmcu.operators import save
from nmcu.pareto.assignment import Assignment
from nmcu.pareto.budget import Budget
from nmcu.pareto.measure import Measured
from nmcu.pareto.networks import Networks
from nmcu.report import FolderResult
from nmcu.text import printable

DIGITS = 6
"""Of figures in JSON: more than samples can tell."""


@dataclass(frozen=True)
class Point:
    """An assignment with its score on the samples that the search saw, `seen`, and on those held out, `unseen`; cycles
    on the simulator, bytes of RAM and flash of its program."""

    name: str
    assignment: Assignment
    seen: Score
    unseen: Score
    cycles: int
    ram_bytes: int
    flash_bytes: int

    @classmethod
    def of(cls, name: str, seen: Measured, unseen: Measured) -> "Point":
        """From what was measured on both sets of samples."""
        return cls(
            name, seen.assignment, seen.score, unseen.score, seen.cycles, seen.ram_bytes, seen.flash_bytes
        )

    @property
    def patterns(self) -> dict[str, str]:
        """Patterns by layer: what `nmcu.train.sparsify` takes."""
        return self.assignment.patterns

    def to_json(self) -> dict[str, Any]:
        """The values by name."""
        return {
            "name": self.name,
            "cycles": self.cycles,
            "ram_bytes": self.ram_bytes,
            "flash_bytes": self.flash_bytes,
            "seen": _scores(self.seen),
            "unseen": _scores(self.unseen),
            "patterns": self.patterns,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Front(FolderResult):
    """The points that a search found, from the slowest to the fastest, and beside them each pattern in all layers that
    it fits: `uniform`. `chosen` is the point that keeps the `budget`, where there is one.

    `evaluated` assignments were evaluated on `seen` samples, and the points on `unseen` others.
    """

    model: str
    networks: Networks
    target: str
    isa: str
    clock_hz: int
    metric: Metric
    points: tuple[Point, ...]
    uniform: tuple[Point, ...]
    chosen: Point | None
    budget: Budget
    evaluated: int

    WRITER = "nmcu search"

    def __str__(self) -> str:
        first = self.points[0]
        said = [
            f"{printable(self.model)} for {self.target} ({self.isa}): {counted(len(self.points), 'point')} of "
            f"{counted(self.evaluated, 'assignment')}, evaluated on {counted(first.seen.samples, 'sample')}, stated on "
            f"{first.unseen.samples:,} others"
        ]
        if self.chosen is not None:
            said.append(f"chosen for {self.budget}: {self.chosen.name}, {self.chosen.cycles:,} cycles")
        said += [self._gain(each) for each in self.uniform if each.assignment.each]
        return "\n".join(said)

    def better(self, than: Point) -> Point | None:
        """The fastest point that is at least as good on the samples that the search did not see; None without one."""
        good = [each for each in self.points if self.loss(each.unseen) <= self.loss(than.unseen)]
        return min(good, key=lambda each: each.cycles, default=None)

    def loss(self, score: Score) -> float:
        """What is small where a network is good, in the unit of `metric`: wrong answers in per cent for `top1`."""
        return loss(self.metric, score)

    def _gain(self, uniform: Point) -> str:
        better = self.better(uniform)
        if better is None:
            return (
                f"{uniform.name} everywhere: no point is as good on the samples that the search did not see"
            )
        share = 1 - better.cycles / uniform.cycles
        return (
            f"{uniform.name} everywhere: {uniform.cycles:,} cycles, {self.said(uniform.unseen)}; {better.name} has "
            f"{abs(share):.1%} {'fewer' if share >= 0 else 'more'}, {self.said(better.unseen)}"
        )

    def said(self, score: Score) -> str:
        """A score in the metric, with its name."""
        value = score.value(self.metric)
        assert value is not None, "the metric was checked before"
        return f"top-1 {value:.2f} %" if self.metric == "top1" else f"{self.metric} {value:.3g}"

    @property
    def reconstructed(self) -> bool:
        """Whether kept weights were fitted."""
        return self.networks.reconstruction is not None

    def network(self, point: Point) -> Graph:
        """The pruned network of a point, which `compile`, `run` and `evaluate` take."""
        return self.networks(point.assignment)

    def to_json(self) -> dict[str, Any]:
        """Everything but the networks; `file` is where `save` writes each to in a folder."""
        return {
            "model": self.model,
            "target": self.target,
            "isa": self.isa,
            "clock_hz": self.clock_hz,
            "metric": self.metric,
            "evaluated": self.evaluated,
            "reconstructed": self.reconstructed,
            "budget": {name: bound for name, bound in vars(self.budget).items() if bound is not None},
            "chosen": None if self.chosen is None else self.chosen.name,
            "points": [{**each.to_json(), "file": _file(each)} for each in self.points],
            "uniform": [each.to_json() for each in self.uniform],
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each point, then for each uniform pattern."""
        return [each.to_json() for each in (*self.points, *self.uniform)]

    def forms(self) -> Mapping[str, Callable[[], bytes]]:
        """JSON, HTML, and the picture."""
        from nmcu.pareto.picture import drawn  # late: it brings matplotlib, which takes long

        pictures = {
            suffix: lambda suffix=suffix: drawn(self, suffix[1:]) for suffix in (".png", ".svg", ".pdf")
        }
        return {**super().forms(), **pictures}

    def files(self) -> dict[str, bytes]:
        """`front.json`, `front.png`, and each point's network as QDQ ONNX."""
        forms = self.forms()
        return {
            "front.json": forms[".json"](),
            "front.png": forms[".png"](),
            **{_file(each): _onnx(self.network(each)) for each in self.points},
        }

    def time_ms(self, point: Point) -> float:
        """Milliseconds of a point's run at the target's clock."""
        return 1000 * point.cycles / self.clock_hz


def loss(metric: Metric, score: Score) -> float:
    """What is small where a network is good: wrong answers in per cent for `top1`, else the metric itself."""
    value = score.value(metric)
    assert value is not None, "the metric was checked before"
    return 100 - value if metric == "top1" else value


def _scores(score: Score) -> dict[str, Any]:
    values = {"top1": score.top1, "kl": score.kl, "mse": score.mse}
    rounded = {name: None if v is None else float(f"{v:.{DIGITS}g}") for name, v in values.items()}
    return {"samples": score.samples, **rounded}


def _file(point: Point) -> str:
    return f"{point.name}.onnx"


def _onnx(network: Graph) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        save(network, Path(folder) / "network.onnx")
        return (Path(folder) / "network.onnx").read_bytes()

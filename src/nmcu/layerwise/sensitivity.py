"""What pruning each layer alone does to a network: the value, printed, saved, drawn, looked up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from nmcu.errors import counted
from nmcu.layerwise.cost import LayerCost
from nmcu.layerwise.heat_map import drawn
from nmcu.layerwise.score import Metric, Score
from nmcu.report.figures import SUFFIXES
from nmcu.result import Result
from nmcu.sparsity import NMPattern
from nmcu.text import printable


@dataclass(frozen=True)
class Pruned:
    """A layer pruned to `pattern` alone: the network's `score` and its cycles, `predicted` and `measured`; and this
    layer's own `cost`.

    None where the network does not fit the machine, which `reason` says, where nobody measured or no machine was asked.
    """

    pattern: NMPattern
    score: Score
    predicted: int | None = None
    measured: int | None = None
    cost: LayerCost | None = None
    reason: str | None = None


@dataclass(frozen=True)
class LayerSensitivity:
    """A layer that can be pruned: its `cost` as it is, and what becomes of the network at each pattern that the layer
    is wide enough for. `snr_db` is the layer's own noise from int8, where a float model was given."""

    name: str
    op: str
    macs: int
    pruned: tuple[Pruned, ...]
    cost: LayerCost | None = None
    snr_db: float | None = None

    def at(self, pattern: str | NMPattern) -> Pruned | None:
        """The layer at a pattern; None where it was not looked at."""
        return next((each for each in self.pruned if str(each.pattern) == str(pattern)), None)


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Result):
    """How a network's outputs on `samples` samples, its cycles and its weights change where one layer is pruned alone.

    `unchanged` is the score of the network as it is, `predicted` and `measured` are its cycles on `target` with `isa`.
    """

    model: str
    metric: Metric
    patterns: tuple[NMPattern, ...]
    unchanged: Score
    layers: tuple[LayerSensitivity, ...]
    target: str | None = None
    isa: str | None = None
    predicted: int | None = None
    measured: int | None = None

    @property
    def samples(self) -> int:
        """How many samples the scores are over."""
        return self.unchanged.samples

    def loss(self, pruned: Pruned) -> float:
        """What a pruned layer costs: points of top-1 accuracy, or the mean divergence or square error."""
        value = pruned.score.value(self.metric)
        assert value is not None, "the metric was checked before"
        return (self.unchanged.top1 or 0.0) - value if self.metric == "top1" else value

    @cached_property
    def worst(self) -> tuple[LayerSensitivity, Pruned]:
        """The layer and pattern that cost most; the first of equal ones."""
        pairs = [(layer, pruned) for layer in self.layers for pruned in layer.pruned]
        return max(pairs, key=lambda pair: self.loss(pair[1]))

    def __str__(self) -> str:
        layer, pruned = self.worst
        accuracy = "" if self.unchanged.top1 is None else f", top-1 {self.unchanged.top1:.2f} % as it is"
        what = {
            "top1": "{:.2f} points of top-1",
            "kl": "a divergence of {:.3g}",
            "mse": "a square error of {:.3g}",
        }
        cost = what[self.metric].format(self.loss(pruned))
        looked = f"{counted(len(self.layers), 'layer')} at {counted(len(self.patterns), 'pattern')} alone"
        return (
            f"{printable(self.model)}: {looked} on {counted(self.samples, 'sample')}{accuracy}\n"
            f"most sensitive: {printable(layer.name)}, which costs {cost} at {pruned.pattern}"
        )

    def to_json(self) -> dict[str, Any]:
        """Everything; `loss` is in the unit of `metric`."""
        return {
            "model": self.model,
            "target": self.target,
            "isa": self.isa,
            "metric": self.metric,
            "samples": self.samples,
            "top1": _rounded(self.unchanged.top1),
            "predicted_cycles": self.predicted,
            "measured_cycles": self.measured,
            "layers": [
                {
                    "name": layer.name,
                    "op": layer.op,
                    "macs": layer.macs,
                    **_cost(layer.cost),
                    "snr_db": _rounded(layer.snr_db),
                    "patterns": [self._row(pruned) for pruned in layer.pruned],
                }
                for layer in self.layers
            ],
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each layer at each pattern."""
        return [
            {"name": layer.name, "op": layer.op, **self._row(pruned)}
            for layer in self.layers
            for pruned in layer.pruned
        ]

    def _row(self, pruned: Pruned) -> dict[str, Any]:
        return {
            "pattern": str(pruned.pattern),
            "loss": _rounded(self.loss(pruned)),
            "top1": _rounded(pruned.score.top1),
            "kl": _rounded(pruned.score.kl),
            "mse": _rounded(pruned.score.mse),
            "predicted_cycles": pruned.predicted,
            "measured_cycles": pruned.measured,
            **_cost(pruned.cost),
            "reason": pruned.reason,
        }

    def forms(self) -> Mapping[str, Callable[[], bytes]]:
        """JSON, HTML, and the heat map as a picture."""
        return {**super().forms(), **{suffix: partial(drawn, self, suffix) for suffix in SUFFIXES}}


def _cost(cost: LayerCost | None) -> dict[str, int | None]:
    return {
        "layer_cycles": None if cost is None else cost.cycles,
        "weight_bytes": None if cost is None else cost.weight_bytes,
        "constant_bytes": None if cost is None else cost.constant_bytes,
    }


def _rounded(value: float | None) -> float | None:
    """To six digits, which is more than samples can tell."""
    return None if value is None else float(f"{value:.6g}")

"""What a change of a network does to its outputs: accuracy, divergence, squared error."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.graph.op import Array

Metric = Literal["top1", "kl", "mse"]
METRICS: tuple[Metric, ...] = ("top1", "kl", "mse")
Real = NDArray[np.float64]
LEAST = 1e-6
"""A probability below this counts as this much: int8 cannot say how much less it is."""


@dataclass(frozen=True)
class Score:
    """Sums over `samples`, None for what cannot be said: outputs whose largest value is the class (`correct`), the
    Kullback-Leibler divergence of the outputs as distributions from the unchanged network's in nats (`divergence`), and
    the mean square of the difference from its outputs in their own units (`square`)."""

    samples: int
    correct: int | None
    divergence: float | None
    square: float

    def __add__(self, other: Self) -> "Score":
        """Of both sets of samples."""
        return Score(*(_sum(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)))

    @property
    def top1(self) -> float | None:
        """Per cent of the samples that are right."""
        return None if self.correct is None else 100 * self.correct / self.samples

    @property
    def kl(self) -> float | None:
        """The mean divergence, in nats."""
        return None if self.divergence is None else self.divergence / self.samples

    @property
    def mse(self) -> float:
        """The mean square of an output's difference."""
        return self.square / self.samples

    def value(self, metric: Metric) -> float | None:
        """One of the three."""
        return {"top1": self.top1, "kl": self.kl, "mse": self.mse}[metric]


class Scorer:
    """Scores the outputs of a network that was changed, against the classes and against those of `graph`."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._makers = {o.name: layer for layer in graph.layers for o in layer.outputs}

    def refusal(self, metric: Metric) -> str | None:
        """Why outputs of the network have no such metric; None where they have."""
        outputs = self._graph.outputs
        if metric == "top1" and len(self._graph.border.decoders) != 1:
            return f"a classifier has one output, this network {len(self._graph.border.decoders)}"
        if metric != "top1" and any(info.dtype.startswith("int") and info.scale is None for info in outputs):
            return "outputs that are indices of classes are no quantities"
        if metric == "kl" and any(info.shape[-1] == 1 for info in outputs):
            return "an output of one value is no distribution"
        return None

    def score(
        self, outputs: Mapping[str, Array], unchanged: Mapping[str, Array], labels: NDArray[np.int64] | None
    ) -> Score:
        """The score of `outputs`, arrays by tensor with an axis of samples in front."""
        count = len(next(iter(outputs.values())))
        correct = None
        if labels is not None and self.refusal("top1") is None:
            correct = int(np.count_nonzero(self.classes(outputs) == labels))
        pairs = [
            (self._real(info, outputs[info.name]), self._real(info, unchanged[info.name]), info)
            for info in self._graph.outputs
        ]
        divergence = None
        if self.refusal("kl") is None:
            divergence = sum(_divergence(self._logs(i, q), self._logs(i, p)) for (q, p, i) in pairs)
        square = sum(float(np.mean((ours - theirs) ** 2)) for ours, theirs, _ in pairs) / len(pairs)
        return Score(count, correct, divergence, square * count)

    def classes(self, outputs: Mapping[str, Array]) -> NDArray[np.int64]:
        """The class of each sample: the first of the largest values, or what an ArgMax says."""
        (decoder,) = self._graph.border.decoders
        (values,) = decoder.op.many([outputs[decoder.inputs[0].name]], {})
        flat = values.reshape(len(values), -1)
        if flat.shape[1] == 1 and flat.dtype.kind == "i":
            return flat[:, 0].astype(np.int64)
        return np.asarray(np.argmax(flat, axis=1))

    def check(self, labels: NDArray[np.int64]) -> None:
        """Raises `NmcuError` for a label that is no class of the network."""
        (decoder,) = self._graph.border.decoders
        output = decoder.outputs[0]
        most = output.size - 1
        wrong = labels[(labels < 0) | (labels > most)]
        if wrong.size and not (output.size == 1 and not output.dtype.startswith("float")):
            raise NmcuError(f"the data have label {wrong[0]}, the model's classes are 0 to {most}")

    def _real(self, info: TensorInfo, array: Array) -> Real:
        values = array.astype(np.float64)
        return values if info.scale is None else (values - (info.zero_point or 0)) * info.scale

    def _logs(self, info: TensorInfo, real: Real) -> Real:
        """Logarithms of the distributions along the last axis: of probabilities, or of the softmax of anything else."""
        maker = self._makers.get(info.name)
        while maker is not None and isinstance(maker.op, ops.Reshape):
            maker = self._makers.get(maker.inputs[0].name)
        if maker is not None and isinstance(maker.op, ops.Softmax):
            real = np.log(np.maximum(real, LEAST))
        top = real - real.max(axis=-1, keepdims=True)
        return np.asarray(top - np.log(np.exp(top).sum(axis=-1, keepdims=True)))


def _divergence(ours: Real, theirs: Real) -> float:
    """The sum over samples of the mean over positions of KL(theirs || ours), from logarithms."""
    each = (np.exp(theirs) * (theirs - ours)).sum(axis=-1)
    return float(each.reshape(len(each), -1).mean(axis=1).sum())


def _sum(a: Any, b: Any) -> Any:
    return None if a is None or b is None else a + b

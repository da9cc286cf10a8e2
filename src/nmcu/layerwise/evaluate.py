"""Every variant of a network on some samples, at the cost of what changes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

from nmcu import cache as results
from nmcu import graph as graph_room
from nmcu import sparsity
from nmcu.graph import Graph, Layer, digest, reference
from nmcu.graph.op import Array
from nmcu.layerwise.samples import Samples
from nmcu.layerwise.score import Score, Scorer
from nmcu.layerwise.variants import Variants

UNCHANGED = ""
MAPS_BYTES = 64 << 20
"""What the tensors of the samples that run at once may take: more samples cost fewer calls of NumPy."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of the unchanged network and of each of `variants` on a piece of the samples.

    The unchanged network runs once; of a variant only what depends on the changed layer is computed. What a former run
    left in the cache is not computed again.
    """

    variants: Variants

    def __call__(self, samples: Samples) -> tuple[Score, ...]:
        """The unchanged network's, then those of the variants in their order."""
        key = results.key("layerwise", _code(), self._network, *samples.content())
        known: dict[str, Score] = {
            name: Score(**score) for name, score in json.loads(results.load(key) or "{}").items()
        }
        missing = [name for name in self._layers if name not in known]
        if missing:
            known |= self._computed(samples, missing)
            results.store(key, json.dumps({name: asdict(score) for name, score in known.items()}).encode())
        return tuple(known[name] for name in self._names)

    @cached_property
    def _network(self) -> str:
        return digest.of_graph(self.variants.graph)

    @cached_property
    def _layers(self) -> Mapping[str, Layer | None]:
        """The changed layers by hashes; of the unchanged network None."""
        return {UNCHANGED: None, **dict(zip(self._names[1:], self._changed, strict=True))}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """What each variant's score is kept under; several have the same where their weights are."""
        return (UNCHANGED, *map(digest.of_layer, self._changed))

    @cached_property
    def _changed(self) -> tuple[Layer, ...]:
        return tuple(map(self.variants.layer, self.variants.each))

    def _computed(self, samples: Samples, names: Iterable[str]) -> dict[str, Score]:
        graph = self.variants.graph
        scorer = Scorer(graph)
        feeds = samples.encoded(graph)
        size = sum(tensor.bytes for layer in graph.nodes for tensor in layer.outputs)
        runs = max(1, MAPS_BYTES // size)
        found: dict[str, Score] = {}
        for start in range(0, len(samples), runs):
            labels = None if samples.labels is None else samples.labels[start : start + runs]
            unchanged = reference.many(
                graph, {name: feed[start : start + runs] for name, feed in feeds.items()}
            )
            for name in names:
                layer = self._layers[name]
                outputs = unchanged if layer is None else after(graph, layer, unchanged)
                score = scorer.score(outputs, unchanged, labels)
                found[name] = found[name] + score if name in found else score
        return found


def after(graph: Graph, changed: Layer, unchanged: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of `graph` with one layer `changed`, for several runs at once; `unchanged` are all tensors without
    the change."""
    tensors: dict[str, Array] = {}
    for layer in graph.layers:
        this = changed if layer.name == changed.name else layer
        if this is changed or any(tensor.name in tensors for tensor in layer.inputs):
            arrays = [tensors.get(tensor.name, unchanged[tensor.name]) for tensor in layer.inputs]
            results = this.op.many(arrays, this.constants)
            tensors |= {tensor.name: array for tensor, array in zip(layer.outputs, results, strict=True)}
    return {info.name: tensors.get(info.name, unchanged[info.name]) for info in graph.outputs}


@cache
def _code() -> bytes:
    """What computes scores."""
    places = (Path(graph_room.__file__).parent, Path(sparsity.__file__).parent, Path(__file__).parent)
    return results.contents(places, ".py")

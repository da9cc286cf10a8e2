"""A pruned network whose kept weights make up for the others: each layer fitted behind the layers that were fitted."""

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from nmcu.graph import Graph, Layer, ops, reference
from nmcu.graph.op import Array
from nmcu.graph.prune import Rewritten, rewritten
from nmcu.layerwise.clipped import Clip
from nmcu.layerwise.least_squares import LeastSquares
from nmcu.layerwise.reconstruct import columns, flat, picked, refit
from nmcu.layerwise.samples import Samples
from nmcu.layerwise.selection import selected
from nmcu.layerwise.variants import Refit, changed
from nmcu.sparsity import NMPattern

SAMPLES = 2048
"""Samples that networks are fitted on at most: different ones tell more than many windows of each."""
LEAST_SAMPLES = 64
MAPS_BYTES = 1 << 30
"""What the tensors of all samples may take: of larger networks fewer samples are."""
WINDOWS = 2**13
"""That a layer is fitted to at most: several times the weights of an output."""

ROUNDS = 4
"""Of fitting again where results may be anything beyond a bound; each lessens the error of what is left of them."""


def samples_for(graph: Graph) -> int:
    """How many samples `graph` is fitted on."""
    size = sum(tensor.bytes for layer in graph.nodes for tensor in layer.outputs)
    return min(SAMPLES, max(LEAST_SAMPLES, MAPS_BYTES // size))


class Reconstruction:
    """Networks pruned from `graph`, fitted on `samples`.

    From the first pruned layer on, the weights of each layer that stay (`selected`), and its bias, are those that come
    nearest to the unpruned network's result in it, from what the layers before it, fitted already, give it, as far as
    its activation, or that of the sum that takes it up, lets the result through (`Clip`). Layers that are not pruned
    are fitted, too, at the places of their weights. Layers with several weight matrices, and those whose channels do
    not mix, stay as magnitude pruning leaves them.
    """

    def __init__(self, graph: Graph, samples: Samples) -> None:
        self.graph, self.samples = graph, samples

    def network(self, patterns: Mapping[str, NMPattern], refits: Mapping[str, Refit]) -> Graph:
        """`graph` with the layers named in `patterns` pruned, and the weights that `fit` found for them."""

        def rewrite(layer: Layer) -> Rewritten:
            this = changed(layer, patterns.get(layer.name), refits.get(layer.name))
            return this.op, this.constants

        return rewritten(self.graph, rewrite)

    def fit(
        self, patterns: Mapping[str, NMPattern], on_layer: Callable[[str], object] | None = None
    ) -> dict[str, Refit]:
        """The weights of each layer that is fitted where those named in `patterns` are pruned; `on_layer` is told the
        name of each before it is."""
        tensors: dict[str, Array] = {}
        found: dict[str, Refit] = {}

        def fitted_to(name: str) -> Array:
            rows = tensors.get(name, self._dense[name])
            rows = rows.reshape(-1, rows.shape[-1])
            return np.asarray(rows[picked(len(rows), WINDOWS)])

        for layer in self.graph.layers:
            pattern = patterns.get(layer.name)
            if pattern is None and not any(info.name in tensors for info in layer.inputs):
                continue
            arrays = [tensors.get(info.name, self._dense[info.name]) for info in layer.inputs]
            if isinstance(layer.op, ops.Conv2d | ops.Linear) and getattr(layer.op, "groups", 1) == 1:
                if on_layer is not None:
                    on_layer(layer.name)
                clip = Clip.of(self.graph, layer, fitted_to)
                found[layer.name] = self._fitted(layer, layer.op, pattern, arrays[0], clip)
            this = changed(layer, pattern, found.get(layer.name))
            results = this.op.many(arrays, this.constants)
            tensors |= {info.name: array for info, array in zip(layer.outputs, results, strict=True)}
        return found

    @cached_property
    def _dense(self) -> dict[str, Array]:
        """Every tensor of the unpruned network."""
        return reference.many(self.graph, self.samples.encoded(self.graph))

    def _fitted(
        self,
        layer: Layer,
        op: ops.Conv2d | ops.Linear,
        pattern: NMPattern | None,
        inputs: Array,
        clip: Clip | None,
    ) -> Refit:
        weight = layer.constants["weight"]
        dense = self._windows(op, weight, self._dense[layer.inputs[0].name])
        ours = self._windows(op, weight, inputs)
        problem = LeastSquares.of(flat(weight), ours.T @ ours, ours.T @ dense)
        if pattern is not None:
            kept = selected(problem, pattern, weight.shape)
        else:
            kept = weight != 0 if layer.pattern else np.ones(weight.shape, bool)
        if clip is not None:
            results = dense[:, :-1] @ flat(weight).T
            problem = _clipped(problem, clip, kept, ours[:, :-1], results)
        return refit(weight, kept, problem)

    def _windows(self, op: ops.Conv2d | ops.Linear, weight: Array, x: Array) -> Array:
        """The inputs of some outputs less their zero point, and a one: (outputs, K + 1), the same outputs each time."""
        found = columns(op, weight, x, WINDOWS).astype(np.float64) - op.input_zero_point
        return np.pad(found, ((0, 0), (0, 1)), constant_values=1)


def _clipped(problem: LeastSquares, clip: Clip, kept: Array, inputs: Array, results: Array) -> LeastSquares:
    """The problem for the results that are needed where the dense layer's `results` (outputs, Cout) are clipped."""
    whole = problem
    for _ in range(ROUNDS):
        weights = problem.solved(kept.reshape(len(kept), -1))
        found = inputs @ weights.T + problem.bias(weights)
        problem = whole.with_results(inputs, clip.needed(results, found) - results)
    return problem

"""A pruned network whose kept weights make up for the others: each layer fitted behind the layers that were fitted."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from nmcu.graph import Graph, Layer, ops, reference
from nmcu.graph.op import Array
from nmcu.graph.prune import Rewritten, pruned, rewritten, with_weight
from nmcu.layerwise.least_squares import LeastSquares
from nmcu.layerwise.reconstruct import columns, flat, refit
from nmcu.layerwise.samples import Samples
from nmcu.layerwise.selection import selected
from nmcu.sparsity import NMPattern

SAMPLES = 2048
"""Samples that networks are fitted on at most: different ones tell more than many windows of each."""
LEAST_SAMPLES = 64
MAPS_BYTES = 1 << 30
"""What the tensors of all samples may take: of larger networks fewer samples are."""
WINDOWS = 2**13
"""That a layer is fitted to at most: several times the weights of an output."""


def samples_for(graph: Graph) -> int:
    """How many samples `graph` is fitted on."""
    size = sum(tensor.bytes for layer in graph.nodes for tensor in layer.outputs)
    return min(SAMPLES, max(LEAST_SAMPLES, MAPS_BYTES // size))


class Reconstruction:
    """Networks pruned from `graph`, fitted on `samples`.

    From the first pruned layer on, the weights of each layer that stay (`selected`), and its bias, are those that come
    nearest to the unpruned network's result in it, from what the layers before it, fitted already, give it. Layers that
    are not pruned are fitted, too, at the places of their weights. Layers with several weight matrices, and those whose
    channels do not mix, stay as magnitude pruning leaves them.
    """

    def __init__(self, graph: Graph, samples: Samples) -> None:
        self.graph, self.samples = graph, samples

    def network(
        self, patterns: Mapping[str, NMPattern], on_layer: Callable[[str], object] | None = None
    ) -> Graph:
        """`graph` with the layers named in `patterns` pruned; `on_layer` is told the name of each before it is
        fitted."""
        tensors: dict[str, Array] = {}
        changed: dict[str, Layer] = {}
        for layer in self.graph.layers:
            if layer.name not in patterns and not any(info.name in tensors for info in layer.inputs):
                continue
            if on_layer is not None:
                on_layer(layer.name)
            arrays = [tensors.get(info.name, self._dense[info.name]) for info in layer.inputs]
            this = changed[layer.name] = self._fitted(layer, patterns.get(layer.name), arrays)
            results = this.op.many(arrays, this.constants)
            tensors |= {info.name: array for info, array in zip(layer.outputs, results, strict=True)}

        def rewrite(layer: Layer) -> Rewritten:
            this = changed.get(layer.name, layer)
            return this.op, this.constants

        return rewritten(self.graph, rewrite)

    @cached_property
    def _dense(self) -> dict[str, Array]:
        """Every tensor of the unpruned network."""
        return reference.many(self.graph, self.samples.encoded(self.graph))

    def _fitted(self, layer: Layer, pattern: NMPattern | None, arrays: list[Array]) -> Layer:
        this = layer if pattern is None else pruned(layer, pattern)
        assert this is not None, "a pattern is of a layer that can be pruned"
        op = layer.op
        if not isinstance(op, ops.Conv2d | ops.Linear) or getattr(op, "groups", 1) != 1:
            return this
        weight = layer.constants["weight"]
        dense = self._windows(op, weight, self._dense[layer.inputs[0].name])
        ours = self._windows(op, weight, arrays[0])
        problem = LeastSquares.of(flat(weight), ours.T @ ours, ours.T @ dense)
        if pattern is not None:
            kept = selected(problem, pattern, weight.shape)
        else:
            kept = weight != 0 if layer.pattern else np.ones(weight.shape, bool)
        found = refit(weight, kept, problem)
        changed, constants = with_weight(layer, found.weight, found.scale, found.bias)
        return replace(layer, op=changed, constants=constants)

    def _windows(self, op: ops.Conv2d | ops.Linear, weight: Array, x: Array) -> Array:
        """The inputs of some outputs less their zero point, and a one: (outputs, K + 1), the same outputs each time."""
        found = columns(op, weight, x, WINDOWS).astype(np.float64) - op.input_zero_point
        return np.pad(found, ((0, 0), (0, 1)), constant_values=1)

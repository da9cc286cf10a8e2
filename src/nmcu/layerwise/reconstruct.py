"""Kept weights that make up for the pruned ones: a least squares fit to the dense layer's result, layer by layer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Graph, Layer, ops, reference, window
from nmcu.graph.op import Array
from nmcu.layerwise.least_squares import LeastSquares, Real
from nmcu.layerwise.samples import Samples
from nmcu.layerwise.selection import selected
from nmcu.layerwise.variants import Refit, Variants

SAMPLES = 128
"""Samples that weights are fitted to: a map has many windows in each."""
ROWS = 2**16
"""Windows that are multiplied at once."""


def reconstructed(variants: Variants, pieces: Iterable[Samples]) -> Variants:
    """`variants` whose weights were chosen, and fitted with the biases, for the dense layers' results on the samples,
    and rounded to int8. Layers with several weight matrices stay as magnitude pruning leaves them."""
    graph = variants.graph
    names = {variant.layer for variant in variants.each}
    layers = {
        layer.name: layer
        for layer in graph.layers
        if layer.name in names and isinstance(layer.op, ops.Conv2d | ops.Linear)
    }
    grams = _grams(graph, layers, pieces)
    refits = {}
    for variant in variants.each:
        if variant.layer in layers:
            weight = layers[variant.layer].constants["weight"]
            problem = LeastSquares.of(flat(weight), grams[variant.layer])
            refits[variant] = refit(weight, selected(problem, variant.pattern, weight.shape), problem)
    return replace(variants, refits=refits)


def refit(weight: NDArray[np.int8], kept: NDArray[np.bool_], problem: LeastSquares) -> Refit:
    """The best weights at the places `kept` of `weight` (Cout, ..., Cin), in int8. The scale of a channel grows where
    its weights would leave it."""
    fitted = problem.solved(kept.reshape(len(kept), -1))
    scale = np.maximum(1.0, np.abs(fitted).max(axis=1) / 127)
    rounded = np.rint(fitted / scale[:, None])
    bias = problem.bias(scale[:, None] * rounded)
    return Refit(rounded.astype(np.int8).reshape(weight.shape), scale, bias)


def flat(weight: NDArray[np.int8]) -> Real:
    """Rows of real numbers, one of each output channel."""
    return weight.reshape(len(weight), -1).astype(np.float64)


def _grams(graph: Graph, layers: Mapping[str, Layer], pieces: Iterable[Samples]) -> dict[str, Real]:
    grams = {name: np.zeros(2 * [layer.weights[0][0].size + 1]) for name, layer in layers.items()}
    for piece in pieces:
        tensors = reference.many(graph, piece.encoded(graph))
        for name, layer in layers.items():
            op = layer.op
            assert isinstance(op, ops.Conv2d | ops.Linear)
            windows = columns(op, layer.constants["weight"], tensors[layer.inputs[0].name])
            for start in range(0, len(windows), ROWS):
                part = windows[start : start + ROWS].astype(np.float64) - op.input_zero_point
                with_one = np.concatenate([part, np.ones((len(part), 1))], axis=1)
                grams[name] += with_one.T @ with_one
    return grams


def columns(op: ops.Conv2d | ops.Linear, weight: Array, x: Array, most: int | None = None) -> Array:
    """The inputs of every output (outputs, K), for runs `x` of the layer's input; of `most` outputs at most, which are
    the same for maps of the same shape."""
    if isinstance(op, ops.Conv2d):
        maps = x.reshape(-1, *x.shape[2:])
        view = window.patches(maps, weight.shape[1:3], op.strides, op.pads, op.input_zero_point, op.dilations)
    else:
        view = x.reshape(-1, x.shape[-1])
    places = view.shape[: 3 if isinstance(op, ops.Conv2d) else 1]
    count = int(np.prod(places))
    if most is not None and count > most:
        view = view[np.unravel_index(picked(count, most), places)]
    return view.reshape(-1, weight[0].size)


def picked(count: int, most: int) -> NDArray[np.intp]:
    """`most` of so many outputs at most, which are the same each time."""
    if count <= most:
        return np.arange(count)
    return np.random.default_rng(0).choice(count, most, replace=False)

"""Kept weights that make up for the pruned ones: a least squares fit to the dense layer's result, layer by layer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Graph, Layer, ops, reference, window
from nmcu.graph.op import Array
from nmcu.layerwise.samples import Samples
from nmcu.layerwise.variants import Refit, Variants

SAMPLES = 128
"""Samples that weights are fitted to: a map has many windows in each."""
DAMPING = 0.01
"""Of the mean square of an input, what holds a weight where it was: inputs that the samples do not tell apart would
else get weights without bounds."""
ROWS = 2**16
"""Windows that are multiplied at once."""
Real = NDArray[np.float64]


def reconstructed(variants: Variants, pieces: Iterable[Samples]) -> Variants:
    """`variants` whose kept weights, and biases, were fitted to the dense layers' results on the samples, and rounded
    to int8. Layers with several weight matrices stay as magnitude pruning leaves them."""
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
            kept = variants.layer(variant).constants["weight"] != 0
            refits[variant] = refit(layers[variant.layer].constants["weight"], kept, grams[variant.layer])
    return replace(variants, refits=refits)


def refit(weight: NDArray[np.int8], kept: NDArray[np.bool_], gram: Real, cross: Real | None = None) -> Refit:
    """The weights at the places `kept` that come nearest to the result of all of `weight` (Cout, ..., Cin), and what
    the bias takes up. The scale of a channel grows where its weights would leave int8.

    `gram` (K + 1, K + 1) is the sum over samples of x xᵀ, where x are the K inputs of an output less their zero point,
    in the order of the weights, and a one. Where all of `weight` had other inputs d in the same samples, `cross` is the
    sum of x dᵀ.
    """
    cross = gram if cross is None else cross
    dense, mask = weight.reshape(len(weight), -1).astype(np.float64), kept.reshape(len(weight), -1)
    inputs, count = gram[:-1, :-1], gram[-1, -1]
    mean, before = gram[-1, :-1] / count, cross[-1, :-1] / count
    spread = inputs - count * np.outer(mean, mean)  # the bias takes up the mean, whatever the weights are
    aim = (cross[:-1, :-1] - count * np.outer(mean, before)) @ dense.T
    damping = DAMPING * max(float(np.trace(inputs)) / len(inputs), 1.0)
    fitted = np.zeros_like(dense)
    for pattern in np.unique(mask, axis=0):
        channels, (places,) = np.flatnonzero((mask == pattern).all(axis=1)), np.nonzero(pattern)
        if not len(places):
            continue
        wanted = aim[np.ix_(places, channels)] + damping * dense[np.ix_(channels, places)].T
        left = spread[np.ix_(places, places)] + damping * np.eye(len(places))
        fitted[np.ix_(channels, places)] = np.linalg.solve(left, wanted).T
    scale = np.maximum(1.0, np.abs(fitted).max(axis=1) / 127)
    rounded = np.rint(fitted / scale[:, None])
    bias = dense @ before - scale * (rounded @ mean)
    return Refit(rounded.astype(np.int8).reshape(weight.shape), scale, bias)


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
        picked = np.random.default_rng(0).choice(count, most, replace=False)
        view = view[np.unravel_index(picked, places)]
    return view.reshape(-1, weight[0].size)

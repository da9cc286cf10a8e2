"""Hashes of what a network computes, for what is kept of it."""

import hashlib

from nmcu.graph.graph import Graph
from nmcu.graph.layer import Layer


def of_layer(layer: Layer) -> str:
    """A hash of the layer's name, operator, tensors and constants."""
    hasher = hashlib.sha256(repr((layer.name, layer.op, layer.inputs, layer.outputs)).encode())
    for name, constant in sorted(layer.constants.items()):
        hasher.update(f"\0{name} {constant.dtype} {constant.shape}\0".encode())
        hasher.update(constant.tobytes())
    return hasher.hexdigest()


def of_graph(graph: Graph) -> str:
    """A hash of all layers, the border's included, in their order."""
    return hashlib.sha256("".join(map(of_layer, graph.nodes)).encode()).hexdigest()

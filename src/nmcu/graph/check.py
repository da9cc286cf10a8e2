"""Validation of an integer graph: everything that later rooms rely on."""

import math

from nmcu.errors import ModelError
from nmcu.graph import ops
from nmcu.graph.builder import shapes_of
from nmcu.graph.graph import Graph
from nmcu.graph.layer import Layer
from nmcu.graph.tensor import TensorInfo


def check(graph: Graph) -> None:
    """Raise `ModelError` unless `graph` is a valid integer graph.

    1. Every node is a registered operator with exactly its attributes and constants.
    2. Node and tensor names are unique, nodes are in execution order.
    3. Every tensor has the shape its operator's shape rule gives, and a sane quantisation.
    4. Every graph output is written by a border node.
    5. A `WriteState` writes what a `ReadState` reads, each state once at most.
    """
    known = {value.name for value in graph.model.graph.inputs}
    names: set[str] = set()
    for layer in graph.nodes:
        if not layer.name or layer.name in names:
            raise ModelError(f"node name {layer.name!r} is empty or used twice")
        names.add(layer.name)
        for info in layer.inputs:
            if info.name not in known:
                raise ModelError(f"node {layer.name!r} reads {info.name!r} before any node writes it")
        _check_layer(layer)
        for info in layer.outputs:
            if info.name in known:
                raise ModelError(f"tensor name {info.name!r} is used twice")
            known.add(info.name)
    _check_states(graph)
    for value in graph.model.graph.outputs:
        producer = value.producer()
        if producer is None or producer.op_type != "Decode":
            raise ModelError(f"output {value.name!r} is not written by a Decode node")


def _check_states(graph: Graph) -> None:
    free = {state.name for state in graph.states}
    for layer in graph.layers:
        if isinstance(layer.op, ops.WriteState):
            if layer.inputs[0].name not in free:
                raise ModelError(
                    f"node {layer.name!r} writes {layer.inputs[0].name!r}, which is no state or written twice"
                )
            free.remove(layer.inputs[0].name)


def _check_layer(layer: Layer) -> None:
    shapes = shapes_of(layer.name, layer.op, layer.inputs, layer.constants)
    recorded = tuple(o.shape for o in layer.outputs)
    if shapes != recorded:
        raise ModelError(
            f"node {layer.name!r}: outputs have shapes {recorded}, the shape rule gives {shapes}"
        )
    for info in layer.outputs:
        _check_tensor(layer, info)


def _check_tensor(layer: Layer, info: TensorInfo) -> None:
    info.check_size()
    if info.scale is None or info.zero_point is None:
        return
    if not (math.isfinite(info.scale) and info.scale > 0 and -128 <= info.zero_point <= 127):
        raise ModelError(
            f"node {layer.name!r}: tensor {info.name!r} has scale {info.scale} and zero point "
            f"{info.zero_point}; a positive scale and an int8 zero point are needed"
        )

"""The NumPy reference: runs an integer graph, bit for bit as the device must."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.graph import Graph
from nmcu.graph.layer import Layer
from nmcu.graph.op import Array

States = Mapping[str, Array]
"""What the states of a graph hold, by name."""


def run(graph: Graph, feeds: Mapping[str, Array], keep_all: bool = False) -> dict[str, Array]:
    """Device outputs by tensor name for device inputs `feeds`, states as after a reset; every tensor with `keep_all`.

    `feeds` are int8 in the device's layout (`Graph.inputs`); raises `ModelError` where they do not fit.
    """
    tensors, _ = step(graph, feeds, initial(graph))
    return tensors if keep_all else _outputs(graph, tensors)


def sequence(graph: Graph, frames: Iterable[Mapping[str, Array]]) -> Iterator[dict[str, Array]]:
    """Device outputs of one run after the other, from a reset on, for the device inputs of each."""
    held: States = initial(graph)
    for feeds in frames:
        tensors, held = step(graph, feeds, held)
        yield _outputs(graph, tensors)


def initial(graph: Graph) -> dict[str, Array]:
    """The states after a reset."""
    return {state.name: state.initial for state in graph.states}


def step(graph: Graph, feeds: Mapping[str, Array], held: States) -> tuple[dict[str, Array], dict[str, Array]]:
    """Every tensor of one run that finds `held` in the states, and what the states hold after it."""
    tensors = {state.name: held[state.name] for state in graph.states}
    for info in graph.inputs:
        if info.name not in feeds:
            raise ModelError(f"input {info.name!r} is missing: it needs {info.dtype} of shape {info.shape}")
        array = feeds[info.name]
        if array.shape != info.shape or str(array.dtype) != info.dtype:
            raise ModelError(
                f"input {info.name!r} is {array.dtype} of shape {array.shape}; "
                f"it needs {info.dtype} of shape {info.shape}"
            )
        tensors[info.name] = array
    for layer in graph.layers:
        results = run_layer(layer, [tensors[i.name] for i in layer.inputs])
        tensors.update(zip((o.name for o in layer.outputs), results, strict=True))
    return tensors, {
        state.name: tensors[state.name if state.next is None else state.next.name] for state in graph.states
    }


def many(graph: Graph, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """Every tensor of several runs, each of which finds the states as after a reset, at less cost than one by one.

    All arrays have an axis of runs in front, those of `feeds` too, whose shapes nothing checks.
    """
    (runs,) = {len(array) for array in feeds.values()}

    def each(array: Array) -> Array:
        return np.broadcast_to(array, (runs, *array.shape))

    tensors = {name: each(array) for name, array in initial(graph).items()}
    tensors |= {info.name: feeds[info.name] for info in graph.inputs}
    for layer in graph.layers:
        arrays = [tensors[i.name] for i in layer.inputs]  # none: a constant
        results = layer.op.many(arrays, layer.constants) if arrays else map(each, run_layer(layer, []))
        tensors.update(zip((o.name for o in layer.outputs), results, strict=True))
    return tensors


def run_layer(layer: Layer, arrays: Sequence[Array]) -> tuple[Array, ...]:
    """Outputs of one layer for its activation inputs."""
    return layer.op.reference(arrays, layer.constants)


def run_model(graph: Graph, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The same as `run` on the model's own inputs and outputs, in its own dtype and layout."""
    edge = graph.border
    return edge.decode(run(graph, edge.encode(feeds)))


def _outputs(graph: Graph, tensors: Mapping[str, Array]) -> dict[str, Array]:
    return {info.name: tensors[info.name] for info in graph.outputs}

"""The NumPy reference: runs an integer graph, bit for bit as the device must."""

from collections.abc import Mapping, Sequence

from nmcu.errors import ModelError
from nmcu.graph.graph import Graph
from nmcu.graph.layer import Layer
from nmcu.graph.op import Array


def run(graph: Graph, feeds: Mapping[str, Array], keep_all: bool = False) -> dict[str, Array]:
    """Device outputs by tensor name for device inputs `feeds`; every tensor with `keep_all`.

    `feeds` are int8 in the device's layout (`Graph.inputs`); raises `ModelError` where they do not fit.
    """
    tensors: dict[str, Array] = {}
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
    return tensors if keep_all else {info.name: tensors[info.name] for info in graph.outputs}


def run_layer(layer: Layer, arrays: Sequence[Array]) -> tuple[Array, ...]:
    """Outputs of one layer for its activation inputs."""
    return layer.op.reference(arrays, layer.constants)


def run_model(graph: Graph, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The same on the model's own inputs and outputs, in its own dtype and layout."""
    edge = graph.border
    return edge.decode(run(graph, edge.encode(feeds)))

"""Which tensor of the float network each layer of the int8 one makes: by name, else by place and values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Graph, Layer, TensorInfo, ops
from nmcu.graph.op import Array
from nmcu.graph.tensor import in_model
from nmcu.layerwise.float_model import FloatModel, Floats

QUANTISED = re.compile(r"(\.quantize|_QuantizeLinear_Output|_quantized)$")
"""What quantisers call a tensor by behind its name in the float network."""
LIKE = 0.6
"""The least correlation between a layer's result and the float tensor that it is: a range that is clipped leaves more,
tensors of other layers less."""
Real = NDArray[np.float64]


@dataclass(frozen=True)
class Match:
    """The float network's tensor `name`; its axes in the order `order` (without that of samples) are the layer's."""

    name: str
    order: tuple[int, ...]

    def arranged(self, tensors: Mapping[str, Floats], shape: tuple[int, ...]) -> Floats:
        """The tensor as the layer holds it, (samples, *shape)."""
        array = tensors[self.name]
        moved = array.transpose((0, *(axis + 1 for axis in self.order)))
        return moved.reshape(len(array), *shape)


def pairs(
    graph: Graph, model: FloatModel, ours: Mapping[str, Array], theirs: Mapping[str, Floats]
) -> dict[str, Match]:
    """Matches by the names of the int8 network's tensors, those that have one: from all tensors of both networks for
    the same samples.

    A tensor has the name of the float network's tensor that it was quantised from; or it is, of the tensors behind
    what the layer reads, the one that correlates most with the layer's result where it is fed with what is matched
    already. So errors of layers before do not matter.
    """
    found: dict[str, Match] = {}
    for layer in compared(graph):
        (info,) = layer.outputs
        read = [found[tensor.name].name for tensor in layer.inputs if tensor.name in found]
        near = model.behind(read) if read else set(theirs)
        made = real(info, alone(layer, ours, theirs, found))
        named = [name for name in _names(graph, layer, info) if name in theirs]
        ways = [(m, _correlation(made, m.arranged(theirs, info.shape))) for m in _ways(info, named, theirs)]
        if not ways:
            places = [name for name in theirs if name in near]
            ways = [
                (m, _correlation(made, m.arranged(theirs, info.shape))) for m in _ways(info, places, theirs)
            ]
            ways = [(m, likeness) for m, likeness in ways if likeness >= LIKE]
        if ways:
            found[info.name] = max(ways, key=lambda way: way[1])[0]
    return found


def compared(graph: Graph) -> list[Layer]:
    """The layers whose result is one int8 tensor that they compute."""
    return [
        layer
        for layer in graph.layers
        if len(layer.outputs) == 1
        and layer.inputs
        and layer.outputs[0].dtype == "int8"
        and layer.outputs[0].scale is not None
        and not isinstance(layer.op, ops.Reshape | ops.Transpose | ops.WriteState)
    ]


def alone(
    layer: Layer, ours: Mapping[str, Array], theirs: Mapping[str, Floats], found: Mapping[str, Match]
) -> Array:
    """The layer's result where it reads the float network's tensors, quantised; its own where one has no match."""
    arrays = []
    for info in layer.inputs:
        match = found.get(info.name)
        if match is None or info.dtype != "int8":
            return ours[layer.outputs[0].name]
        arrays.append(quantised(info, match.arranged(theirs, info.shape)))
    return layer.op.many(arrays, layer.constants)[0]


def real(info: TensorInfo, array: Array) -> Real:
    """What int8 values stand for."""
    scale, zero = info.quant
    return (array.astype(np.float64) - zero) * scale


def quantised(info: TensorInfo, values: Floats) -> NDArray[np.int8]:
    """The nearest int8 values."""
    scale, zero = info.quant
    steps = np.rint(values.astype(np.float64) / scale) + zero
    return np.asarray(np.clip(steps, -128, 127), np.int8)


def _names(graph: Graph, layer: Layer, info: TensorInfo) -> Iterator[str]:
    keys = [str(origin.key) for origin in graph.origins.get(info.name, ())]
    for key in (*keys, in_model(info.name), *info.name.split(";"), layer.name):
        yield QUANTISED.sub("", key)


def _ways(info: TensorInfo, names: Iterable[str], theirs: Mapping[str, Floats]) -> Iterator[Match]:
    """The tensors of `names` that have as many elements, in every order of axes that gives the layer's shape."""
    wanted = [size for size in info.shape if size != 1]
    for name in dict.fromkeys(names):
        shape = theirs[name].shape[1:]
        axes = tuple(range(len(shape)))
        moved = (axes[0], *axes[2:], axes[1]) if len(axes) > 2 else axes
        for order in dict.fromkeys((moved, axes)):
            if [shape[axis] for axis in order if shape[axis] != 1] == wanted:
                yield Match(name, order)


def _correlation(a: Real, b: Floats) -> float:
    x, y = a.reshape(-1), b.reshape(-1).astype(np.float64)
    x, y = x - x.mean(), y - y.mean()
    size = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / size if size > 0 and np.isfinite(size) else 0.0

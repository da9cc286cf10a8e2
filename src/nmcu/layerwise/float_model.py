"""The float network that an int8 one was made from: an ONNX file, run by ONNX Runtime, and all its tensors."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from nmcu import frontend
from nmcu.errors import ModelError
from nmcu.frontend.from_onnx import file as onnx_file
from nmcu.frontend.from_onnx.file import Node
from nmcu.graph import Graph, TensorInfo
from nmcu.graph.op import Array
from nmcu.judge import Judge
from nmcu.layerwise.samples import Samples

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FloatModel:
    """`data` is the file with every tensor among its outputs; `shapes` are those of the inputs, None where unknown."""

    name: str
    data: bytes
    nodes: tuple[Node, ...]
    shapes: Mapping[str, tuple[int, ...] | None]
    outputs: tuple[str, ...]

    def run(self, judge: Judge, graph: Graph, samples: Samples) -> dict[str, Floats]:
        """Its float tensors by name for the samples of the int8 network `graph`, stacked along a first axis.

        Inputs go by name, or by their order; where the int8 network's are quantised, they are what those stand for.
        Raises `ModelError` where the inputs are others than the int8 network's, and `JudgeError`.
        """
        feeds = list(self._feeds(graph, samples))
        runs = judge.run(self.data, feeds, "default")
        names = [name for name, array in runs[0].items() if array.dtype.kind == "f" and name not in feeds[0]]
        return {str(name): np.stack([run[name] for run in runs]).astype(np.float32) for name in names}

    def behind(self, names: Collection[str]) -> set[str]:
        """The tensors that depend on one of those."""
        found = set(names)
        for node in self.nodes:
            if not found.isdisjoint(node.inputs):
                found.update(node.outputs)
        return found - set(names)

    def _feeds(self, graph: Graph, samples: Samples) -> Iterable[Mapping[str, Array]]:
        pairs = list(_paired(self, graph))
        for number in range(len(samples)):
            one = samples.one(number)
            yield {
                theirs: _arranged(_real(graph, info, one[info.name]), self.shapes[theirs])
                for info, theirs in pairs
            }


def read(path: Path) -> FloatModel:
    """The float model in an ONNX file; raises `ModelError` for any other."""
    data = frontend.whole(path)
    if data[4:8] == b"TFL3":
        raise ModelError(f"{path.name} is a TFLite file: the float model must be ONNX (tf2onnx converts it)")
    try:
        file = onnx_file.parse(data, path.parent)
    except ModelError as error:
        raise ModelError(f"{path.name}: {error}") from error
    if any(node.op in ("QuantizeLinear", "QLinearConv", "QLinearMatMul") for node in file.nodes):
        raise ModelError(
            f"{path.name} is quantised itself: give the float model that the int8 one was made from"
        )
    proto = onnx.load_model_from_string(data)
    own = {output.name for output in proto.graph.output}
    made = dict.fromkeys(name for node in proto.graph.node for name in node.output if name)
    proto.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in made if name not in own)
    return FloatModel(
        path.name,
        bytes(proto.SerializeToString()),
        file.nodes,
        {port.name: port.shape for port in file.inputs},
        tuple(port.name for port in file.outputs),
    )


def _paired(model: FloatModel, graph: Graph) -> Iterable[tuple[TensorInfo, str]]:
    """The inputs of both networks."""
    ours, theirs = graph.border.model_inputs, list(model.shapes)
    if len(ours) != len(theirs):
        raise ModelError(
            f"{model.name} has {len(theirs)} inputs, the int8 model {len(ours)}: they are different networks"
        )
    named = {info.name for info in ours} == set(theirs)
    for info, name in zip(ours, [info.name for info in ours] if named else theirs, strict=True):
        shape = model.shapes[name]
        if shape is not None and not _fits(info.shape, shape):
            raise ModelError(
                f"input {name!r} of {model.name} has shape {shape}, {info.name!r} of the int8 model {info.shape}: "
                "they are different networks"
            )
        yield info, name


def _fits(ours: Sequence[int], theirs: Sequence[int]) -> bool:
    return tuple(theirs) in (tuple(ours), _moved(ours, True), _moved(ours, False))


def _moved(shape: Sequence[int], last: bool) -> tuple[int, ...]:
    """`shape` with the channels, axis 1, as the last axis, or the other way round."""
    if len(shape) < 3:
        return tuple(shape)
    return (shape[0], *shape[2:], shape[1]) if last else (shape[0], shape[-1], *shape[1:-1])


def _arranged(array: Array, shape: tuple[int, ...] | None) -> Array:
    if shape is None or array.shape == shape:
        return array
    order = [0, *range(2, array.ndim), 1] if _moved(array.shape, True) == shape else None
    order = order or [0, array.ndim - 1, *range(1, array.ndim - 1)]
    return np.ascontiguousarray(array.transpose(order))


def _real(graph: Graph, info: TensorInfo, array: Array) -> Array:
    """What an input of the int8 network stands for."""
    if array.dtype.kind == "f":
        return array
    (device,) = (e.outputs[0] for e in graph.border.encoders if e.inputs[0].name == info.name)
    scale, zero = device.quant
    shift = 128 if array.dtype == np.uint8 else 0
    return ((array.astype(np.float32) - shift - zero) * np.float32(scale)).astype(np.float32)

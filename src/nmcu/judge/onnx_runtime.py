"""ONNX Runtime, in the worker."""

from collections.abc import Mapping

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from nmcu.judge.wire import Array, Key, undefined


class Session:
    """A model; `reference` keeps every quantised tensor and does each node as it stands, `default` optimises.

    Quantised are the outputs of QuantizeLinear, and what DequantizeLinear reads (after a Clip of integers, say). Where
    what was quantised is no number, `undefined` says of which elements.
    """

    def __init__(self, data: bytes, kernels: str) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._sources: dict[str, str] = {}
        inner: set[str] = set()
        if kernels == "reference":
            data, self._sources, inner = _with_quantised(data)
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._names = [output.name for output in self._session.get_outputs()]
        self._inputs = onnx.load_model_from_string(data).graph.input
        self._needed = {each.name for each in self._session.get_inputs()}
        self._given = [name for name in self._names if name not in inner]

    def run(self, feed: Mapping[Key, Array]) -> list[tuple[Key, Array]]:
        """Its tensors by name. An input that nothing in the network reads need not be fed; ONNX Runtime wants it."""
        unread = {each.name: _zeros(each) for each in self._inputs if each.name in self._needed - feed.keys()}
        results = dict(zip(self._names, self._session.run(self._names, {**unread, **feed}), strict=True))
        found: list[tuple[Key, Array]] = []
        for name in self._given:
            if isinstance(results[name], np.ndarray):
                found.append((name, results[name]))
        for name, source in self._sources.items():
            if results[source].dtype.kind == "f" and (mask := np.isnan(results[source])).any():
                found.append((undefined(name), mask))
        return found


def _zeros(info: onnx.ValueInfoProto) -> Array:
    tensor = info.type.tensor_type
    shape = [each.dim_value or 1 for each in tensor.shape.dim]
    return np.zeros(shape, helper.tensor_dtype_to_np_dtype(tensor.elem_type))


def _with_quantised(data: bytes) -> tuple[bytes, dict[str, str], set[str]]:
    """The model with every quantised tensor among its outputs, what each was quantised from, and which of these became
    outputs only for that."""
    proto = onnx.load_model_from_string(data)
    nodes = proto.graph.node
    written = {name for node in nodes for name in node.output}
    if any("\0" in name for name in written.union(each.name for each in proto.graph.input)):
        raise ValueError("a tensor has a NUL in its name")  # which sets `undefined` apart
    quantisers = [node for node in nodes if node.op_type == "QuantizeLinear" and node.output]
    quantised = [node.output[0] for node in quantisers]
    quantised += [node.input[0] for node in nodes if node.op_type == "DequantizeLinear" and node.input]
    casts = {node.output[0]: node.input[0] for node in nodes if node.op_type == "Cast"}
    sources = {
        n.output[0]: _before(casts, n.input[0]) for n in quantisers if n.input and n.input[0] in written
    }
    own = {output.name for output in proto.graph.output}
    added = [name for name in dict.fromkeys((*quantised, *sources.values())) if name in written - own]
    proto.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in added)
    return bytes(proto.SerializeToString()), sources, set(sources.values()) - own - set(quantised)


def _before(casts: Mapping[str, str], name: str) -> str:
    """What `name` was cast from: an integer that was made of no number does not show it any more."""
    for _ in casts:
        name = casts.get(name, name)
    return name

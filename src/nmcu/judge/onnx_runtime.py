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
        self._given = [name for name in self._names if name not in inner]

    def run(self, feed: Mapping[Key, Array]) -> list[tuple[Key, Array]]:
        """Its tensors by name."""
        results = dict(zip(self._names, self._session.run(self._names, dict(feed)), strict=True))
        found: list[tuple[Key, Array]] = []
        for name in self._given:
            if isinstance(results[name], np.ndarray):
                found.append((name, results[name]))
        for name, source in self._sources.items():
            if results[source].dtype.kind == "f" and (mask := np.isnan(results[source])).any():
                found.append((undefined(name), mask))
        return found


def _with_quantised(data: bytes) -> tuple[bytes, dict[str, str], set[str]]:
    """The model with every quantised tensor among its outputs, what each was quantised from, and which of these became
    outputs only for that."""
    proto = onnx.load_model_from_string(data)
    nodes = proto.graph.node
    written = {name for node in nodes for name in node.output}
    quantisers = [node for node in nodes if node.op_type == "QuantizeLinear" and node.output]
    quantised = [node.output[0] for node in quantisers]
    quantised += [node.input[0] for node in nodes if node.op_type == "DequantizeLinear" and node.input]
    sources = {n.output[0]: n.input[0] for n in quantisers if n.input and n.input[0] in written}
    own = {output.name for output in proto.graph.output}
    added = [name for name in dict.fromkeys((*quantised, *sources.values())) if name in written - own]
    proto.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in added)
    return bytes(proto.SerializeToString()), sources, set(sources.values()) - own - set(quantised)

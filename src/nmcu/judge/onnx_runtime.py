"""ONNX Runtime, in the worker."""

from collections.abc import Mapping

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from nmcu.judge.onnx_exact import unsigned
from nmcu.judge.onnx_masks import masked
from nmcu.judge.wire import Array, Key, undefined


class Session:
    """A model; `reference` keeps every quantised tensor and does each node as it stands, `default` optimises.

    Quantised are the outputs of QuantizeLinear and of the operators on integers (QLinearConv, QGemm), and what
    DequantizeLinear reads (after a Clip of integers, say). Where what was quantised is no number, `undefined` says of
    which elements.
    """

    def __init__(self, data: bytes, kernels: str) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry(
            "session.x64quantprecision", "1"
        )  # as `unsigned`, of what it optimises
        self._masks: dict[str, str] = {}
        if kernels == "reference":
            data, self._masks = _with_quantised(data)
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._names = [output.name for output in self._session.get_outputs()]
        self._inputs = onnx.load_model_from_string(data).graph.input
        self._needed = {each.name for each in self._session.get_inputs()}
        self._given = [name for name in self._names if name not in self._masks]

    def run(self, feed: Mapping[Key, Array], fresh: bool) -> list[tuple[Key, Array]]:
        """Its tensors by name; no run knows of earlier ones, `fresh` or not.

        An input that nothing in the network reads need not be fed; ONNX Runtime wants it."""
        unread = {each.name: _zeros(each) for each in self._inputs if each.name in self._needed - feed.keys()}
        results = dict(zip(self._names, self._session.run(self._names, {**unread, **feed}), strict=True))
        found: list[tuple[Key, Array]] = []
        for name in self._given:
            if isinstance(results[name], np.ndarray):
                found.append((name, results[name]))
        for mask, name in self._masks.items():
            if results[mask].any():
                found.append((undefined(name), results[mask].astype(bool)))
        return found


def _zeros(info: onnx.ValueInfoProto) -> Array:
    tensor = info.type.tensor_type
    shape = [each.dim_value or 1 for each in tensor.shape.dim]
    return np.zeros(shape, helper.tensor_dtype_to_np_dtype(tensor.elem_type))


def _with_quantised(data: bytes) -> tuple[bytes, dict[str, str]]:
    """The model with every quantised tensor among its outputs, and with masks of what of them is no number, each with
    the tensor that it is of."""
    proto = onnx.load_model_from_string(data)
    nodes = proto.graph.node
    written = {name for node in nodes for name in node.output}
    if any("\0" in name for name in written.union(each.name for each in proto.graph.input)):
        raise ValueError("a tensor has a NUL in its name")  # which sets `undefined` apart
    quantised = [node.output[0] for node in nodes if node.op_type == "QuantizeLinear" and node.output]
    quantised += [
        node.output[0] for node in nodes if node.op_type.startswith(("QLinear", "QGemm")) and node.output
    ]
    quantised += [node.input[0] for node in nodes if node.op_type == "DequantizeLinear" and node.input]
    own = {output.name for output in proto.graph.output}
    masks = masked(proto.graph)
    unsigned(proto.graph)
    added = [name for name in dict.fromkeys((*quantised, *masks)) if name in {*written, *masks} - own]
    proto.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in added)
    return bytes(proto.SerializeToString()), masks

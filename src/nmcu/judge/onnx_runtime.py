"""ONNX Runtime, in the worker."""

from collections.abc import Mapping

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from nmcu.judge.wire import Array, Key


class Session:
    """A model; `reference` keeps every quantised tensor and does each node as it stands, `default` optimises."""

    def __init__(self, data: bytes, kernels: str) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        if kernels == "reference":
            data = _with_quantised(data)
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._names = [output.name for output in self._session.get_outputs()]

    def run(self, feed: Mapping[str, Array]) -> list[tuple[Key, Array]]:
        """Its tensors by name."""
        results = self._session.run(self._names, dict(feed))
        named = zip(self._names, results, strict=True)
        return [(name, result) for name, result in named if isinstance(result, np.ndarray)]


def _with_quantised(data: bytes) -> bytes:
    """The model with the output of each QuantizeLinear among its outputs."""
    proto = onnx.load_model_from_string(data)
    own = {output.name for output in proto.graph.output}
    for node in proto.graph.node:
        if node.op_type == "QuantizeLinear" and node.output and node.output[0] not in own:
            own.add(node.output[0])
            proto.graph.output.append(helper.make_empty_tensor_value_info(node.output[0]))
    return bytes(proto.SerializeToString())

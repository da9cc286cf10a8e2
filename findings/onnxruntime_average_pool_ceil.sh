#!/usr/bin/env bash
# onnxruntime 1.32.0: AveragePool with ceil_mode=1 and count_include_pad=1 (PyTorch's defaults but for ceil_mode) between
# DequantizeLinear and QuantizeLinear is right without optimisation and wrong with the default one, which makes it
# com.microsoft.QLinearAveragePool: windows that reach beyond the padding are divided by the whole kernel's size. Even
# without pads, where the flag should change nothing: the last row, of which 2 of 3 rows are inside, is 60 instead of 90.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

x = np.full((1, 1, 8, 3), 90, np.float32)  # averages are 90 wherever the window lies
nodes = [
    helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["xq"]),
    helper.make_node("DequantizeLinear", ["xq", "scale", "zero"], ["xd"]),
    helper.make_node("AveragePool", ["xd"], ["p"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, count_include_pad=1),
    helper.make_node("QuantizeLinear", ["p", "scale", "zero"], ["yq"]),
    helper.make_node("DequantizeLinear", ["yq", "scale", "zero"], ["y"]),
]
graph = helper.make_graph(
    nodes,
    "pool",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    [helper.make_tensor("scale", TensorProto.FLOAT, (), [1.0]), helper.make_tensor("zero", TensorProto.INT8, (), [0])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
found = {}
for level in (ort.GraphOptimizationLevel.ORT_DISABLE_ALL, ort.GraphOptimizationLevel.ORT_ENABLE_ALL):
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    found[level.name] = session.run(None, {"x": x})[0].reshape(-1).tolist()
    print(level.name, found[level.name])
assert found["ORT_DISABLE_ALL"] == [90, 90, 90, 90]
assert found["ORT_ENABLE_ALL"] == [90, 90, 90, 60], "the default optimisation gives something else now"
PY

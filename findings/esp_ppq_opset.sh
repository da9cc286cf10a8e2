#!/usr/bin/env bash
# esp-ppq 1.3.12: the exported ONNX file says opset 13 whatever the file was that it was made from. The nodes stay as they
# were: a ReduceMean of opset 18, whose axes are an input, makes a file that ONNX Runtime 1.32.0 refuses.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q esp-ppq==1.3.12 torch==2.13.0 onnxruntime==1.32.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import onnx
import onnxruntime as ort
import torch
from esp_ppq.api import QuantizationSettingFactory, export_ppq_graph, quantize_onnx_model
from esp_ppq.core import TargetPlatform
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(0)
graph = helper.make_graph(
    [
        helper.make_node("Conv", ["x", "w"], ["a"], kernel_shape=[1, 1]),
        helper.make_node("ReduceMean", ["a", "axes"], ["y"], keepdims=1),
    ],
    "mean",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 8, 8])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 1, 1])],
    [
        numpy_helper.from_array(rng.standard_normal((4, 4, 1, 1)).astype(np.float32), "w"),
        numpy_helper.from_array(np.array([2, 3]), "axes"),
    ],
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), "float.onnx")
made = quantize_onnx_model(
    onnx_import_file="float.onnx",
    calib_dataloader=[torch.from_numpy(rng.standard_normal((1, 4, 8, 8)).astype(np.float32)) for _ in range(8)],
    calib_steps=8,
    input_shape=[1, 4, 8, 8],
    platform=TargetPlatform.ESPDL_INT8,
    setting=QuantizationSettingFactory.espdl_setting(),
    device="cpu",
)
export_ppq_graph(made, platform=TargetPlatform.ONNXRUNTIME, graph_save_to="int8.onnx")
opset = {each.domain: each.version for each in onnx.load("int8.onnx").opset_import}[""]
try:
    ort.InferenceSession("int8.onnx", providers=["CPUExecutionProvider"])
    refusal = ""
except Exception as error:
    refusal = str(error)
print("opset", opset, refusal)
assert opset == 13, "it says which opset it is now"
assert "ReduceMean" in refusal and "input size 2" in refusal
PY

#!/usr/bin/env bash
# nncf 3.4.0: nncf.quantize of an ONNX model quantises what a depthwise convolution reads with a scale per channel, by
# default, and leaves the network's output float: no int8 runtime's depthwise kernels take the first (ONNX Runtime runs
# it as float). AdvancedQuantizationParameters(activations_quantization_params=QuantizationParameters(per_channel=False))
# gives one scale.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q nncf==3.4.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import nncf
import numpy as np
from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, QuantizationParameters
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(0)
weights = {"w": rng.standard_normal((4, 4, 1, 1)), "d": rng.standard_normal((4, 1, 3, 3))}
graph = helper.make_graph(
    [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "d"], ["y"], group=4),
    ],
    "depthwise",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 8, 8])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
samples = nncf.Dataset([{"x": rng.standard_normal((1, 4, 8, 8)).astype(np.float32)} for _ in range(8)])


def quantised(**settings):
    made = nncf.quantize(model, samples, subset_size=8, **settings)
    constants = {tensor.name: tensor for tensor in made.graph.initializer}
    found = {
        node.input[0]: numpy_helper.to_array(constants[node.input[1]]).shape
        for node in made.graph.node
        if node.op_type == "QuantizeLinear" and node.input[0] not in constants
    }
    return found


default = quantised()
plain = quantised(
    advanced_parameters=AdvancedQuantizationParameters(
        activations_quantization_params=QuantizationParameters(per_channel=False)
    )
)
print("shapes of scales by default:", default)
print("with per_channel=False:", plain)
assert default == {"x": (), "b": (4,)}, "the depthwise convolution's input or the output is quantised in another way now"
assert plain == {"x": (), "b": ()}
PY

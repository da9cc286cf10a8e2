#!/usr/bin/env bash
# onnxruntime 1.32.0: a Resize by scales has one size when the model is loaded and another when it runs. ONNX's shape inference, which
# loading uses, takes floor(5 * 1.4f) in float64: 6. The kernel multiplies in float32: 7. A model in which a constant of 7 columns follows, as the
# kernel makes them, is refused at loading; with a constant of 6 it loads, and fails when it runs. By sizes, 7, both are fine.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, shape_inference

options = onnxruntime.SessionOptions()
options.log_severity_level = 4


def model(columns, by_sizes=False):
    given = np.array([1, 1, 1, 7], np.int64) if by_sizes else np.array([1, 1, 1, 1.4], np.float32)
    inputs = ["x", "", "", "given"] if by_sizes else ["x", "", "given"]
    nodes = [helper.make_node("Resize", inputs, ["resized"], mode="nearest")]
    constants = [numpy_helper.from_array(given, "given")]
    if columns:
        nodes.append(helper.make_node("Mul", ["resized", "c"], ["y"]))
        constants.append(numpy_helper.from_array(np.ones(columns, np.float32), "c"))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, 5])
    y = helper.make_empty_tensor_value_info("y" if columns else "resized")
    graph = helper.make_graph(nodes, "g", [x], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def outcome(proto):
    try:
        session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception:
        return "refused at loading"
    try:
        return list(session.run(None, {"x": np.zeros((1, 1, 1, 5), np.float32)})[0].shape)
    except Exception:
        return "fails when it runs"


inferred = shape_inference.infer_shapes(model(0)).graph.output[0].type.tensor_type.shape.dim
found = {
    "inferred": [d.dim_value for d in inferred],
    "computed": outcome(model(0)),
    "times a constant of 7": outcome(model(7)),
    "times a constant of 6": outcome(model(6)),
    "by sizes, times a constant of 7": outcome(model(7, by_sizes=True)),
}
for what, result in found.items():
    print(f"{what}: {result}")
assert found == {
    "inferred": [1, 1, 1, 6],
    "computed": [1, 1, 1, 7],
    "times a constant of 7": "refused at loading",
    "times a constant of 6": "fails when it runs",
    "by sizes, times a constant of 7": [1, 1, 1, 7],
}, found
PY

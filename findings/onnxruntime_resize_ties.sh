#!/usr/bin/env bash
# onnxruntime 1.32.0: a nearest Resize takes coordinates up to a millionth away from a half for a tie. With round_prefer_ceil
# 1.499999 becomes 2, with round_prefer_floor 1.500001 becomes 1. ONNX knows no such tolerance, and the onnx package's reference
# implementation has none.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

OLD, LAST = 64, 30  # output element 30 of 31 lies at coordinate 30 / scale, in float32


def picked(coordinate, rounding):
    scale = np.float32(LAST) / np.float32(coordinate)
    node = helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="nearest", nearest_mode=rounding,
                            coordinate_transformation_mode="asymmetric")
    scales = numpy_helper.from_array(np.array([1, 1, scale, 1], np.float32), "scales")
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, OLD, 1])
    y = helper.make_empty_tensor_value_info("y")
    model = helper.make_model(helper.make_graph([node], "g", [x], [y], [scales]),
                              opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    feed = {"x": np.arange(OLD, dtype=np.float32).reshape(1, 1, OLD, 1)}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    runtime, reference = session.run(None, feed)[0], ReferenceEvaluator(model).run(None, feed)[0]
    return [int(runtime[0, 0, LAST, 0]), int(reference[0, 0, LAST, 0])], float(np.float32(LAST) / scale)


expected = {
    ("round_prefer_ceil", 1.5 - 9.5e-7): [2, 1],
    ("round_prefer_ceil", 1.5 - 2.4e-6): [1, 1],
    ("round_prefer_floor", 1.5 + 9.5e-7): [1, 2],
    ("round_prefer_floor", 1.5 + 2.4e-6): [2, 2],
}
for (rounding, coordinate), wanted in expected.items():
    found, exact = picked(coordinate, rounding)
    print(f"{rounding:18} {exact:.7f} -> onnxruntime {found[0]}, onnx reference {found[1]}")
    assert found == wanted, wanted
PY

#!/usr/bin/env bash
# onnxruntime 1.32.0: a fully-connected layer over tokens (MatMul of an activation with three or more axes, then Add) in a QDQ file with signed
# activations and opset 21 or later does not load with the default optimisation: the runtime reshapes the product to a Gemm and gives the
# QuantizeLinear that it puts there an output_dtype of int8 and a zero point of uint8, and its own type check refuses that. The file
# is valid, loads without optimisation, and so do the same layer in opset 19, with uint8 activations, and with two axes.
# Seen: "... (gemm_input_reshape_arg_q) Op (QuantizeLinear) [TypeInferenceError] output_dtype INT8 does not match y_zero_point type UINT8."
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
import onnxruntime
from small_onnx import network, session

onnxruntime.set_default_logger_severity(4)


def loads(opset=21, kind=np.int8, shape=(1, 4, 8), optimised=True):
    """What the runtime says of one layer of 8 inputs and 5 outputs."""
    constants = {
        **{"s": np.float32(0.1), "z": kind(3), "ws": np.float32(0.01), "wz": np.int8(0)},
        **{"w": np.ones((8, 5), np.int8), "b": np.ones(5, np.float32)},
    }
    nodes = [
        ("QuantizeLinear", "x s z", "xq"),
        ("DequantizeLinear", "xq s z", "xd"),
        ("DequantizeLinear", "w ws wz", "wd"),
        ("MatMul", "xd wd", "product"),
        ("Add", "product b", "y"),
    ]
    model = network(nodes, constants, shape, [*shape[:-1], 5], opset)
    try:
        session(model, optimised)
    except Exception as error:
        return str(error)
    return "loads"


refused = loads()
print("int8, opset 21, three axes:", refused)
assert "output_dtype INT8 does not match y_zero_point type UINT8" in refused, "another result now"
for others in ({"optimised": False}, {"opset": 19}, {"kind": np.uint8}, {"shape": (4, 8)}):
    found = loads(**others)
    print(others, found)
    assert found == "loads", "another result now"
PY

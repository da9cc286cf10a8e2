#!/usr/bin/env bash
# ai-edge-litert 2.3.0: int8 SVDF runs with a fused ReLU only ("params->activation != kTfLiteActRelu" otherwise), and does
# not compute it: -1.0 stays -1.0 where the output's zero point leaves room for it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

NONE, RELU = 0, 1
x = np.array([[10]], np.int8)  # 1.0
filters = np.array([[-100], [100]], np.int8)  # -1.0 and 1.0
frames = np.full((2, 1), 1000, np.int16)  # 1.0
state = np.zeros((1, 2), np.int16)
inputs = [
    (x, 0.1, 0),
    (filters, 0.01, 0, "constant"),
    (frames, 0.001, 0, "constant"),
    (np.zeros(2, np.int32), 1e-6, 0, "constant"),
    (state, 0.001, 0, "variable"),
]
found = results("SVDF", inputs, (1, 2), 0.1, 0, Rank=1, FusedActivationFunction=RELU)
print("codes of -1.0 and 1.0 after ReLU, right:   [0, 10]")
print("LiteRT's:", found)
assert found["default"] == found["reference"] == [-10, 10]
try:
    results("SVDF", inputs, (1, 2), 0.1, 0, Rank=1, FusedActivationFunction=NONE)
except RuntimeError as error:
    print("without activation:", str(error).splitlines()[0][:90])
else:
    raise AssertionError("LiteRT runs SVDF without activation")
PY

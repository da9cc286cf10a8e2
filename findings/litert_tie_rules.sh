#!/usr/bin/env bash
# ai-edge-litert 2.3.0: the tie rule of int8 arithmetic depends on the operator. ADD and AVERAGE_POOL_2D round exact halves
# away from zero, MUL, MEAN and QUANTIZE round them up, in the default and in the reference kernels alike. A mean over two
# values is thus another number as AVERAGE_POOL_2D than as MEAN: an engineer expects one rule for the whole runtime.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

halves = np.array([[1, -1, 3, -3, 5, -5]], np.int8)  # times 0.5: 0.5, -0.5, 1.5, -1.5, 2.5, -2.5
pairs = np.array([[0, 1], [0, -1], [1, 2], [-1, -2], [2, 3], [-2, -3]], np.int8)  # the same as means
away, up = [1, -1, 2, -2, 3, -3], [1, 0, 2, -1, 3, -2]
zeros, ones, axis = np.zeros_like(halves), np.ones_like(halves), np.array([1], np.int32)
seen = {
    "ADD": (results("ADD", [(halves, 0.5, 0), (zeros, 0.5, 0)], (1, 6), 1.0, 0), away),
    "AVERAGE_POOL_2D": (
        results("AVERAGE_POOL_2D", [(pairs.reshape(1, 6, 2, 1), 0.1, 0)], (1, 6, 1, 1), 0.1, 0,
                FilterWidth=2, FilterHeight=1, StrideW=2, StrideH=1), away),
    "MUL": (results("MUL", [(halves, 0.5, 0), (ones, 1.0, 0)], (1, 6), 1.0, 0), up),
    "MEAN": (results("MEAN", [(pairs, 0.1, 0), (axis,)], (6, 1), 0.1, 0, KeepDims=True), up),
    "QUANTIZE": (results("QUANTIZE", [(halves, 0.5, 0)], (1, 6), 1.0, 0), up),
}
print("exact values     0.5 -0.5 1.5 -1.5 2.5 -2.5")
for op, (found, expected) in seen.items():
    print(f"{op:16}", found["default"], found["reference"])
    assert found == {"default": expected, "reference": expected}, f"{op} rounds differently now"
PY

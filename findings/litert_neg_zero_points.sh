#!/usr/bin/env bash
# ai-edge-litert 2.3.0: int8 NEG negates the codes and ignores the zero points. With scale 0.1 and zero point 10 on both
# sides the input 0.0 (code 10) becomes -2.0 (code -10). The model is accepted without a word.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

scale, zero = 0.1, 10
x = np.array([[10, 20, 0, 60]], np.int8)
found = results("NEG", [(x, scale, zero)], (1, 4), scale, zero)
right = [int(v) for v in np.clip(2 * zero - x.astype(int), -128, 127).ravel()]
print("input, real     ", [round(float(v), 1) for v in ((x.astype(int) - zero) * scale).ravel()])
print("right codes     ", right)
print("LiteRT's codes  ", found)
assert found["default"] == found["reference"] == [-10, -20, 0, -60] != right
PY

#!/usr/bin/env bash
# int8 MUL: ai-edge-litert 2.3.0 multiplies the scales in float32 (both of its kernels), tflite-micro 0.dev20261023182759 in
# float64: 0.1 * (5 / 255) / (4 / 255) is 0.125 with the one and 0.12499999889 with the other. Both round twice, the first time to a
# half of a step with the one, where the mantissa is 0.5, and to an eighth with the other: LiteRT has 1 for 3 times 0.125, tflite-micro 0.
# A file without any rounding of its own is not bit-exact between desk and microcontroller; ADD, SUB and PRELU of the two are.
# Seen, for codes 3, 4, 11, 19, -3, -11: LiteRT 1, 1, 2, 3, 0, -1 and tflite-micro 0, 1, 1, 2, 0, -1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tflite-micro==0.dev20261023182759 ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import micro, results

x = np.array([[3, 4, 11, 19, -3, -11]], np.int8)
one = np.ones_like(x)
scales = np.float32(0.1), np.float32(5 / 255), np.float32(4 / 255)
inputs = [(x, float(scales[0]), 0), (one, float(scales[1]), 0, "constant")]
given = "MUL", inputs, x.shape, float(scales[2]), 0
found = {"tflite-micro": micro(*given)} | results(*given)
a, b, c = map(float, scales)
print("factor in float32:", float(scales[0] * scales[1] / scales[2]), "in float64:", a * b / c)
print(f"codes of {x.ravel().tolist()} times 0.125:", found)
assert found["default"] == found["reference"] == [1, 1, 2, 3, 0, -1], "other results now"
assert found["tflite-micro"] == [0, 1, 1, 2, 0, -1], "other results now"
PY

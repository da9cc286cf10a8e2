#!/usr/bin/env bash
# tflite-micro 0.dev20261023182759: int8 RELU6 keeps the input's codes, clamped to the input's 0 and 6, whatever the output's
# scale and zero point are; RELU requantises. With the range 0 to 6 for the output, as quantisers give it, 0.0 becomes 2.94 and 2.0
# becomes 3.88. The file loads and runs without a word. LiteRT (ai-edge-litert 2.3.0) runs the same file right, so that a model
# with a RELU6 of its own, not fused into the layer before, has other results on the microcontroller than on the desk.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tflite-micro==0.dev20261023182759 ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import micro, results

x = np.array([[-3, 37, 117, 127]], np.int8)  # 0, 2, 6 and 6.5
scale, zero_point = 6 / 255, -128


def values(codes):
    return [round((code - zero_point) * scale, 2) for code in codes]


for op in ("RELU", "RELU6"):
    given = [(x, 0.05, -3)], x.shape, scale, zero_point
    found = {"tflite-micro": micro(op, *given)} | results(op, *given)
    seen = {name: values(codes) for name, codes in found.items()}
    print(op, "of 0, 2, 6, 6.5:", seen)
    right = [0.0, 2.0, 6.0, 6.0]
    assert seen["default"] == seen["reference"] == right, "other results now"
    assert seen["tflite-micro"] == (right if op == "RELU" else [2.94, 3.88, 5.76, 5.76]), "other results now"
PY

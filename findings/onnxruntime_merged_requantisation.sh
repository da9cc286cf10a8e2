#!/usr/bin/env bash
# onnxruntime 1.32.0, default optimisation: QuantizeLinear, DequantizeLinear twice in a row, with two scales or zero points, as a requantisation is
# written in a QDQ file, becomes one pair, whose scale is made from what both ranges share: a grid that the file has nowhere. With scale
# 0.05 and the zero points 0 and 20, every result of the file is a multiple of 0.05; the runtime's are multiples of 11.75 / 255. Without
# optimisation (ORT_DISABLE_ALL) the file is followed. Seen for 1.0, 2.0, 5.0: 1.0, 2.0, 5.0 and 1.0137, 1.9814, 5.0225.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from small_onnx import network, session

x = np.array([1.0, 2.0, 5.0], np.float32)
constants = {"s": np.float32(0.05), "z0": np.int8(0), "z20": np.int8(20)}
nodes = [
    ("QuantizeLinear", "x s z0", "a"),
    ("DequantizeLinear", "a s z0", "b"),
    ("QuantizeLinear", "b s z20", "c"),
    ("DequantizeLinear", "c s z20", "y"),
]
model = network(nodes, constants, x.shape, x.shape)
found = []
for optimised in (False, True):
    (y,) = session(model, optimised).run(None, {"x": x})
    found.append([round(float(value), 4) for value in y])
    print("optimised:" if optimised else "as the file says:", found[-1])
assert found == [[1.0, 2.0, 5.0], [1.0137, 1.9814, 5.0225]], "other results now"
PY

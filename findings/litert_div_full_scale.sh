#!/usr/bin/env bash
# ai-edge-litert 2.3.0: int8 DIV answers full scale for some tiny quotients. At scale 0.1 throughout, 0.1 / 10 = 0.01 is a
# tenth of a step and rounds to code 0; LiteRT answers 127, the largest value there is, and -128 for -0.1 / 10.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

a = np.array([[1, 2, 4, 8, 16, -1, -2, 100]], np.int8)
b = np.full_like(a, 100)
found = results("DIV", [(a, 0.1, 0), (b, 0.1, 0)], (1, 8), 0.1, 0)
right = [int(v) for v in np.rint(a / b / 0.1).ravel()]
print("right codes     ", right)
print("LiteRT's codes  ", found)
assert right == [0, 0, 0, 1, 2, 0, 0, 10]
assert found["default"] == found["reference"] == [127, 0, 0, 1, 2, -128, -128, 10]
PY

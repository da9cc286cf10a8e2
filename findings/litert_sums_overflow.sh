#!/usr/bin/env bash
# ai-edge-litert 2.3.0: int8 layers with weights saturate to the wrong end where a sum is large and the output's scale small. Of
# sums whose unit is 1024 output steps all should be clamped to 127, and are up to 10,000; the default kernel of
# FULLY_CONNECTED makes -128 of 2**20 and 0 of 2**21, the reference kernel -128 of 2**21: they shift the sum left in 32 bits
# before they round it. An engineer expects a clamp to hold the better the larger the value is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

one = np.ones((1, 1), np.int8)
expected = {100: (127, 127), 10_000: (127, 127), 2**20: (-128, 127), 2**21: (0, -128), 2**23: (0, -128)}
print("sum in units of 1024 steps, LiteRT's kernels")
for total, (default, reference) in expected.items():
    bias = np.array([total - 1], np.int32)
    inputs = [(one, 0.5, 0), (one, 0.5, 0), (bias, 0.25, 0)]
    found = results("FULLY_CONNECTED", inputs, (1, 1), 0.25 / 1024, 0)
    print(f"{total:10}", found)
    assert found == {"default": [default], "reference": [reference]}, "other results now"
PY

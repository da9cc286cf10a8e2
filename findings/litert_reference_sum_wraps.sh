#!/usr/bin/env bash
# ai-edge-litert 2.3.0: int8 SUM of the reference kernels (OpResolverType.BUILTIN_REF) wraps around where the sum leaves the output's
# range: 100 + 28, all scales alike, is -128, and 60 + 60 + 60 is -76. The default kernel saturates, to 127. An engineer takes the
# reference kernels for what the fast ones are measured by.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

axis = np.array([1], np.int32)
for terms, default, reference in (([100, 27], 127, 127), ([100, 28], 127, -128), ([60, 60, 60], 127, -76)):
    x = np.array([terms], np.int8)
    found = results("SUM", [(x, 0.05, 0), (axis,)], (1,), 0.05, 0)
    print(" + ".join(map(str, terms)), found)
    assert found == {"default": [default], "reference": [reference]}, "other results now"
PY

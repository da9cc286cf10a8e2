#!/usr/bin/env bash
# ai-edge-litert 2.3.0: int8 SQRT and RSQRT end the whole run with an error as soon as one element of the input stands for a
# negative number, with the default and the reference kernels alike. Whether a model runs thus depends on the data, not on the
# file: an engineer expects a value (0, or the largest), as from the int8 tables of all other functions, or a refusal when loaded.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

fine, negative = np.array([[1, 4, 9, 100]], np.int8), np.array([[1, 4, -1, 100]], np.int8)
for op in ("SQRT", "RSQRT"):
    print(op, "of", fine.tolist(), "is", results(op, [(fine, 1.0, 0)], (1, 4), 0.1, 0))
    try:
        print(op, "of", negative.tolist(), "is", results(op, [(negative, 1.0, 0)], (1, 4), 0.1, 0))
    except RuntimeError as error:
        print(op, "of", negative.tolist(), "raises:", str(error).split("Node number")[0])
        assert "only defined for" in str(error)
    else:
        raise AssertionError(f"{op} takes negative numbers now")
PY

#!/usr/bin/env bash
# ai-edge-litert 2.3.0: PAD whose output has another scale than its input is accepted, and copies the integers as they are: the
# values change by the ratio of the scales (0.5 becomes 1.0 here), in the default and in the reference kernels alike. The
# specification of TFLite's quantisation demands equal scales, and LiteRT checks what it pads with (PADV2), but not the input.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

codes = np.array([[13, -17, 33]], np.int8)  # times 0.05, zero point 3: 0.5, -1.0, 1.5
pads = np.array([[0, 0], [1, 0]], np.int32)
found = results("PAD", [(codes, 0.05, 3), (pads,)], (1, 4), 0.1, 3)
print("input values", ((codes[0] - 3) * 0.05).tolist())
for kernels, output in found.items():
    print(kernels, "codes", output, "values", [(v - 3) * 0.1 for v in output])
    assert output == [3, 13, -17, 33], "PAD changes the scale or refuses now"
PY

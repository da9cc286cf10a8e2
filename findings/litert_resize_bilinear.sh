#!/usr/bin/env bash
# ai-edge-litert 2.3.0: int8 RESIZE_BILINEAR rounds the ratio of the sizes to a 1024th and multiplies that by the element's
# index, in the default and in the reference kernels alike. The further from the start, the further it reads beside the place:
# of 100 elements stretched to 300, the third from the end lies on element 99 and is read at 98.9: 102 instead of 127 where its
# neighbour is -128. An engineer expects one step, as from every other operator, wherever in the map.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results

old, new = 100, 300
x = np.where(np.arange(old) % 2 == 0, -128, 127).astype(np.int8)
sizes = np.array([new, 1], np.int32)
found = results("RESIZE_BILINEAR", [(x.reshape(1, old, 1, 1), 1.0, 0), (sizes,)], (1, new, 1, 1), 1.0, 0,
                AlignCorners=False, HalfPixelCenters=False)
place = np.arange(new) * old / new
exact = np.interp(place, np.arange(old), x)
print("element, lies at, exact, LiteRT's kernels")
for i in (0, 3, 30, 297):
    print(f"{i:7} {place[i]:8.2f} {exact[i]:7.1f}", {k: v[i] for k, v in found.items()})
for kernels, output in found.items():
    error = np.abs(np.array(output) - exact)
    assert error[:20].max() < 3 and error[297] > 20, f"{kernels}: exact now"
PY

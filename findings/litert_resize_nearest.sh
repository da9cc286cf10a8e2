#!/usr/bin/env bash
# ai-edge-litert 2.3.0: RESIZE_NEAREST_NEIGHBOR picks other elements with the default than with the reference kernel for some
# sizes (14 to 46, 26 to 22, 26 to 44, 28 to 46 and 39 to 33 are all of those up to 50). The reference kernel multiplies by a
# float32 ratio, so that element 23 of 46 lies just before 7 of 14; the default kernel is exact there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from one_op_tflite import results


def differing(old, new):
    x = np.arange(old, dtype=np.int8).reshape(1, old, 1, 1)
    sizes = np.array([new, 1], np.int32)
    found = results("RESIZE_NEAREST_NEIGHBOR", [(x, 1.0, 0), (sizes,)], (1, new, 1, 1), 1.0, 0,
                    AlignCorners=False, HalfPixelCenters=False)
    exact = [i * old // new for i in range(new)]
    assert found["default"] == exact, "the default kernel is not exact now"
    return [(i, a, b) for i, (a, b) in enumerate(zip(found["reference"], exact)) if a != b]


for old, new in ((14, 46), (26, 22), (26, 44), (28, 46), (39, 33)):
    seen = differing(old, new)
    print(f"{old} to {new}: (element, reference, default and exact)", seen)
    assert seen, "the kernels agree now"
assert not differing(14, 45)
PY

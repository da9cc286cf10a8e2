#!/usr/bin/env bash
# onnxruntime 1.32.0: a Gemm between DequantizeLinear and QuantizeLinear becomes one integer Gemm, which takes the int32 codes of the
# bias as they are: the scale and the zero point of the bias's DequantizeLinear are dropped, where the fusion needs input scale times
# weight scale and 0. A bias quantised by itself, as ONNX allows, gives other results without a word; MatMul and Add of such a bias end the
# same way, as they become a Gemm first. Conv looks at the scale: the same numbers as a 1x1 Conv are right. Without optimisation (ORT_DISABLE_ALL) all are.
# Seen, codes of one output for a bias of 4.0 with its own scale or its own zero point: 40 without optimisation, 10 and 30 with it; Conv 40 and 40.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from small_onnx import network, session

SCALE = 0.1  # of input, weights and output; a fused bias would have 0.01


def code(operator, bias, scale, zero_point, optimised):
    """Of the output of a network with one weight of 0: the bias alone."""
    spatial = [1, 1] if operator == "Conv" else []
    constants = {
        "s": np.float32(SCALE),
        "z": np.int8(0),
        "w": np.zeros([1, 1, *spatial], np.int8),
        "b": np.array([bias], np.int32),
        "bs": np.float32(scale),
        "bz": np.int32(zero_point),
    }
    nodes = [
        ("QuantizeLinear", "x s z", "xq"),
        ("DequantizeLinear", "xq s z", "xd"),
        ("DequantizeLinear", "w s z", "wd"),
        ("DequantizeLinear", "b bs bz", "bd"),
        *(
            [("MatMul", "xd wd", "product"), ("Add", "product bd", "y")]
            if operator == "MatMul"
            else [(operator, "xd wd bd", "y")]
        ),
        ("QuantizeLinear", "y s z", "yq"),
        ("DequantizeLinear", "yq s z", "yd"),
    ]
    shape = [1, 1, *spatial]
    model = network(nodes, constants, shape, shape)
    (y,) = session(model, optimised).run(None, {"x": np.zeros(shape, np.float32)})
    return round(float(y.ravel()[0]) / SCALE)


for operator, wrong in (("Gemm", (10, 30)), ("MatMul", (10, 30)), ("Conv", (40, 40))):
    own_scale, own_zero = (100, 0.04, 0), (300, 0.01, -100)  # 4.0 both
    plain = [code(operator, *bias, optimised=False) for bias in (own_scale, own_zero)]
    fused = [code(operator, *bias, optimised=True) for bias in (own_scale, own_zero)]
    print(f"{operator}: {plain} without optimisation, {fused} with it")
    assert plain == [40, 40] and tuple(fused) == wrong, "other results now"
PY

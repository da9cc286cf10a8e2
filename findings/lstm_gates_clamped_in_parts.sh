#!/usr/bin/env bash
# int8 UNIDIRECTIONAL_SEQUENCE_LSTM: what a gate gets from the input (20 here) is clamped to 16 bits, -8 to 8, before the state's part
# (-8.3) is added, so that large parts that cancel do not: ai-edge-litert 2.3.0 opens the gate by sigmoid(8 - 8.3), where the float
# LSTM has sigmoid(20 - 8.3). tflite-micro 0.dev20261023182759 clamps the state's part, too: sigmoid(8 - 8). One file, codes of 1/128 in
# the second step: float 97, LiteRT 50 (both of its kernels), tflite-micro 59.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tflite-micro==0.dev20261023182759 ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import math

import numpy as np
from one_op_tflite import micro, results

FROM_INPUT, FROM_STATE, OPEN, SHUT = 20, -11, 20, -20
TANH = 4
step, state = 0.2, 1 / 128
x = np.array([[[5], [5]]], np.int8)  # 1.0 in both steps of one cell


def weights(*each):
    return [(np.array([[round(value / step)]], np.int8), step, 0, "constant") for value in each]


def biases(*each):
    return [(np.array([round(value / step**2)], np.int32), step**2, 0, "constant") for value in each]


def variable(kind, scale):
    return (np.zeros((1, 1), kind), scale, 0, "variable")


inputs = [
    *((x, step, 0), *weights(FROM_INPUT, 0, 0, 0), *weights(FROM_STATE, 0, 0, 0)),  # input, forget, cell, output
    *((), (), (), *biases(0, SHUT, OPEN, OPEN), (), ()),
    *(variable(np.int8, state), variable(np.int16, 2**-12), (), (), (), ()),
]
options = {
    **{"FusedActivationFunction": TANH, "CellClip": 0.0, "ProjClip": 0.0, "TimeMajor": False},
    "intermediates": [*4 * [(np.int16, 2**-12, 0)], (np.int8, state, 0)],
}
op, output = "UNIDIRECTIONAL_SEQUENCE_LSTM", ((1, 2, 1), state, 0)
found = {"tflite-micro": micro(op, inputs, *output, **options)} | results(op, inputs, *output, **options)


def second(gate):
    return round(math.tanh(1 / (1 + math.exp(-gate))) / state)


recurrent = FROM_STATE * 97 * state
print("codes of both steps:", found, "float:", second(FROM_INPUT + recurrent))
assert second(FROM_INPUT + recurrent) == 97
assert found["default"] == found["reference"] == [97, second(8 + recurrent)] == [97, 50], "other results now"
assert found["tflite-micro"] == [97, second(8 - 8)] == [97, 59], "other results now"
PY

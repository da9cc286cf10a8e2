#!/usr/bin/env bash
# torch 2.13.0 with onnxscript 0.7.2: torch.onnx.export(dynamo=True) writes AvgPool2d(2, divisor_override=3) as a plain
# AveragePool, without an error or a warning: the file gives 3/4 of what the model gives (sums divided by 4 instead of 3).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 onnxscript==0.7.2 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$folder/venv/bin/python" - "$folder/pool.onnx" <<'PY'
import sys

import onnxruntime as ort
import torch

model, x = torch.nn.AvgPool2d(2, divisor_override=3), torch.ones(1, 1, 4, 4)
torch.onnx.export(model, (x,), sys.argv[1], dynamo=True, verbose=False)
session = ort.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
expected = model(x)
print("PyTorch", expected.flatten().tolist())
print("ONNX Runtime", found.flatten().tolist())
assert (abs(expected.numpy() * 3 / 4 - found) < 1e-6).all(), "the exporter heeds divisor_override now, or refuses it"
PY

#!/usr/bin/env bash
# ai-edge-litert 2.3.0: the reference kernels (OpResolverType.BUILTIN_REF) have no ELU. A file with one is refused as if it were
# too new ("An older version of this builtin might be supported"), although the default kernels run it: whoever takes the
# reference kernels as the wider, slower set that judges the other is wrong.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
PYTHONPATH="$here" "$folder/venv/bin/python" - <<'PY'
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from one_op_tflite import _model

x = np.array([[-100, -10, 0, 50]], np.int8)
model = _model("ELU", [(x, 0.05, 0)], ((1, 4), 0.05, 0), {})
default = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
interpreter = Interpreter(model_content=model, experimental_op_resolver_type=default)
interpreter.allocate_tensors()
interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
interpreter.invoke()
found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).tolist()
print("default  ", found)
assert found == [[-20, -8, 0, 50]]
try:
    Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF).allocate_tensors()
except (RuntimeError, ValueError) as error:
    print("reference", str(error).splitlines()[0])
    assert "'ELU'" in str(error)
else:
    raise AssertionError("the reference kernels have ELU now")
PY

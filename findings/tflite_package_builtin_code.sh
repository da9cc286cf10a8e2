#!/usr/bin/env bash
# tflite 2.18.0 (the schema's classes from PyPI): OperatorCode.BuiltinCode() does not return the field builtin_code. Where
# that field is below 127 it returns deprecated_builtin_code instead, which a file may leave out: MUL (18) written by the
# newer field alone reads as 0, which is ADD. LiteRT takes the larger of the two fields.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tflite==2.18.0 flatbuffers==25.12.19
"$folder/venv/bin/python" - <<'PY'
import flatbuffers
import tflite

b = flatbuffers.Builder(64)
tflite.OperatorCodeStart(b)
tflite.OperatorCodeAddBuiltinCode(b, tflite.BuiltinOperator.MUL)
b.Finish(tflite.OperatorCodeEnd(b))
code = tflite.OperatorCode.GetRootAs(b.Output(), 0)
raw = code._tab.Get(flatbuffers.number_types.Int32Flags, code._tab.Offset(10) + code._tab.Pos)
print("field builtin_code:", raw, " BuiltinCode():", code.BuiltinCode(), " deprecated:", code.DeprecatedBuiltinCode())
assert raw == tflite.BuiltinOperator.MUL == 18
assert code.BuiltinCode() == code.DeprecatedBuiltinCode() == tflite.BuiltinOperator.ADD == 0
PY

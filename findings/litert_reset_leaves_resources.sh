#!/usr/bin/env bash
# ai-edge-litert 2.3.0: Interpreter.reset_all_variables() leaves resource variables (VAR_HANDLE, CALL_ONCE) as the last
# run left them; only another interpreter finds their initial values again. The model adds its input to a variable that
# starts at 0 and returns the sum: 1, 2, and after the reset 3 where 1 was to be expected.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ai-edge-litert==2.3.0 tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter

CODES = ["CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ADD", "ASSIGN_VARIABLE"]
FLOAT, RESOURCE = tflite.TensorType.FLOAT32, tflite.TensorType.RESOURCE
b = flatbuffers.Builder(1024)


def offsets(items):
    b.StartVector(4, len(items), 4)
    for item in reversed(items):
        b.PrependUOffsetTRelative(item)
    return b.EndVector()


def integers(items):
    return b.CreateNumpyVector(np.array(items, np.int32))


def tensor(name, kind, buffer=0):
    text, shape = b.CreateString(name), integers([1] if kind == FLOAT else [])
    tflite.TensorStart(b)
    tflite.TensorAddName(b, text)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, kind)
    tflite.TensorAddBuffer(b, buffer)
    return tflite.TensorEnd(b)


def operator(code, inputs, outputs, options=None, **fields):
    ins, outs, table = integers(inputs), integers(outputs), None
    if options:
        fields = {k: b.CreateString(v) if isinstance(v, str) else v for k, v in fields.items()}
        getattr(tflite, f"{options}Start")(b)
        for name, value in fields.items():
            getattr(tflite, f"{options}Add{name}")(b, value)
        table = getattr(tflite, f"{options}End")(b)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, CODES.index(code))
    tflite.OperatorAddInputs(b, ins)
    tflite.OperatorAddOutputs(b, outs)
    if table:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, options))
        tflite.OperatorAddBuiltinOptions(b, table)
    return tflite.OperatorEnd(b)


def subgraph(tensors, inputs, outputs, operators):
    parts = offsets(tensors), integers(inputs), integers(outputs), offsets(operators)
    tflite.SubGraphStart(b)
    for name, part in zip(("Tensors", "Inputs", "Outputs", "Operators"), parts):
        getattr(tflite, f"SubGraphAdd{name}")(b, part)
    return tflite.SubGraphEnd(b)


def buffer(data):
    vector = b.CreateByteVector(data) if data else None
    tflite.BufferStart(b)
    if vector:
        tflite.BufferAddData(b, vector)
    return tflite.BufferEnd(b)


def code(name):
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(getattr(tflite.BuiltinOperator, name), 127))
    tflite.OperatorCodeAddBuiltinCode(b, getattr(tflite.BuiltinOperator, name))
    tflite.OperatorCodeAddVersion(b, 1)
    return tflite.OperatorCodeEnd(b)


handle = ("VAR_HANDLE", [], [0], "VarHandleOptions")
main = subgraph(
    [tensor("handle", RESOURCE), tensor("x", FLOAT), tensor("old", FLOAT), tensor("new", FLOAT)],
    [1],
    [3],
    [
        operator("CALL_ONCE", [], [], "CallOnceOptions", InitSubgraphIndex=1),
        operator(*handle, SharedName="sum"),
        operator("READ_VARIABLE", [0], [2]),
        operator("ADD", [2, 1], [3], "AddOptions"),
        operator("ASSIGN_VARIABLE", [0, 3], []),
    ],
)
once = subgraph(
    [tensor("handle", RESOURCE), tensor("zero", FLOAT, buffer=1)],
    [],
    [],
    [operator(*handle, SharedName="sum"), operator("ASSIGN_VARIABLE", [0, 1], [])],
)
graphs, codes = offsets([main, once]), offsets([code(name) for name in CODES])
buffers = offsets([buffer(b""), buffer(bytes(4))])
tflite.ModelStart(b)
tflite.ModelAddVersion(b, 3)
tflite.ModelAddOperatorCodes(b, codes)
tflite.ModelAddSubgraphs(b, graphs)
tflite.ModelAddBuffers(b, buffers)
b.Finish(tflite.ModelEnd(b), b"TFL3")


def interpreter():
    made = Interpreter(model_content=bytes(b.Output()))
    made.allocate_tensors()
    return made


def run(one):
    one.set_tensor(one.get_input_details()[0]["index"], np.ones(1, np.float32))
    one.invoke()
    return float(one.get_tensor(one.get_output_details()[0]["index"])[0])


first = interpreter()
found = [run(first), run(first)]
first.reset_all_variables()
found += [run(first), run(interpreter())]
print("two runs, one after reset_all_variables, one of another interpreter:", found)
assert found == [1.0, 2.0, 3.0, 1.0]
PY

"""Sums and differences of two tensors."""

from nmcu.frontend.from_onnx.operators import binary as onnx_binary
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import elementwise as write_elementwise
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Add,
    onnx={"Add": onnx_binary.binary, "Sub": onnx_binary.binary},
    tflite={"ADD": tflite_elementwise.add, "SUB": tflite_elementwise.sub},
    write=write_elementwise.add,
    training=Training(
        computes=("operator.add", "operator.iadd", "operator.sub", "torch.add", "torch.sub", ".add", ".sub")
    ),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="ONNX Runtime adds in float32, halves to even; LiteRT rounds halves away from zero, nmcu up",
    ),
)

"""Squares of differences of two tensors, element by element."""

from nmcu.frontend.from_onnx.operators import binary as onnx_binary
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import elementwise as write_elementwise
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.SquaredDifference,
    onnx={"Pow": onnx_binary.binary},
    tflite={"SQUARED_DIFFERENCE": tflite_elementwise.squared_difference},
    write=write_elementwise.squared_difference,
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="differences are rounded to 15 bits before they are squared, LiteRT's to more",
    ),
)

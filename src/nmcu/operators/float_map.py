"""Functions of one float32 value."""

from nmcu.frontend.from_onnx.operators import floats as onnx_floats
from nmcu.frontend.from_tflite.operators import floats as tflite_floats
from nmcu.frontend.to_onnx.operators import floats as write_floats
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import FLOAT

OPERATOR = Operator(
    op=ops.FloatMap,
    onnx_floats={
        **dict.fromkeys(onnx_floats.UNARY, onnx_floats.unary),
        "Clip": onnx_floats.clip,
        "Pow": onnx_floats.power,
        "Relu": onnx_floats.clip,
        "com.microsoft.Gelu": onnx_floats.unary,
    },
    tflite_floats=tflite_floats.UNARY,
    write=write_floats.unary,
    tolerance=FLOAT,
)

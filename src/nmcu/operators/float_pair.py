"""Functions of two float32 values."""

from nmcu.frontend.from_onnx.operators import floats as onnx_floats
from nmcu.frontend.from_tflite.operators import floats as tflite_floats
from nmcu.frontend.to_onnx.operators import floats as write_floats
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import FLOAT

OPERATOR = Operator(
    op=ops.FloatPair,
    onnx_floats={
        **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Min", "Max"), onnx_floats.binary),
        "BatchNormalization": onnx_floats.batch_normalization,
    },
    tflite_floats=tflite_floats.BINARY,
    write=write_floats.binary,
    tolerance=FLOAT,
)

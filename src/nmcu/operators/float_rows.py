"""Functions of all float32 values along an axis."""

from nmcu.frontend.from_onnx.operators import floats as onnx_floats
from nmcu.frontend.from_tflite.operators import floats as tflite_floats
from nmcu.frontend.to_onnx.operators import floats as write_floats
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import FLOAT

OPERATOR = Operator(
    op=ops.FloatRows,
    onnx_floats={
        **dict.fromkeys(("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"), onnx_floats.reduce),
        "GlobalAveragePool": onnx_floats.global_average_pool,
        "LayerNormalization": onnx_floats.layer_normalization,
        "LogSoftmax": onnx_floats.softmax,
        "LpNormalization": onnx_floats.lp_normalization,
        "Softmax": onnx_floats.softmax,
    },
    tflite_floats=tflite_floats.ROWS,
    write=write_floats.rows,
    tolerance=FLOAT,
)

"""From a model input to the device."""

from nmcu.frontend.from_onnx.operators import quantize as onnx_quantize
from nmcu.frontend.from_tflite.operators import border as tflite_border
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Encode,
    onnx={
        "QuantizeLinear": onnx_quantize.quantize_linear,
        "com.microsoft.QuantizeLinear": onnx_quantize.quantize_linear,
    },
    tflite={"QUANTIZE": tflite_border.quantize},
    tolerance=Tolerance(
        onnx=0,
        litert=1,
        why="a float32 division, halves to even as ONNX Runtime; LiteRT rounds halves away from zero",
    ),
)

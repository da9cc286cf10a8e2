"""From the device to a model output."""

from nmcu.frontend.from_onnx.operators import quantize as onnx_quantize
from nmcu.frontend.from_tflite.operators import border as tflite_border
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Decode,
    onnx={
        "DequantizeLinear": onnx_quantize.dequantize_linear,
        "com.microsoft.DequantizeLinear": onnx_quantize.dequantize_linear,
    },
    tflite={"DEQUANTIZE": tflite_border.dequantize},
    tolerance=EXACT,
)

"""From a model input to the device."""

from nmcu.frontend.from_onnx.operators import quantize as onnx_quantize
from nmcu.frontend.from_tflite.operators import border as tflite_border
from nmcu.graph import ops
from nmcu.operators.operator import Operator

OPERATOR = Operator(
    op=ops.Encode,
    onnx={
        "QuantizeLinear": onnx_quantize.quantize_linear,
        "com.microsoft.QuantizeLinear": onnx_quantize.quantize_linear,
    },
    tflite={"QUANTIZE": tflite_border.quantize},
)

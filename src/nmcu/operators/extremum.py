"""The larger or the smaller of two tensors."""

from nmcu.frontend.from_onnx.operators import binary as onnx_binary
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import elementwise as write_elementwise
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Extremum,
    onnx={"Max": onnx_binary.binary, "Min": onnx_binary.binary},
    tflite={"MAXIMUM": tflite_elementwise.maximum, "MINIMUM": tflite_elementwise.minimum},
    write=write_elementwise.extremum,
    training=Training(computes=("torch.maximum", "torch.minimum")),
    tolerance=EXACT,
)

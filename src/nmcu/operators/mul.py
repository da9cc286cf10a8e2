"""Products of two tensors, element by element."""

from nmcu.frontend.from_onnx.operators import binary as onnx_binary
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import elementwise as write_elementwise
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Mul,
    onnx={"Mul": onnx_binary.binary},
    tflite={"MUL": tflite_elementwise.mul},
    write=write_elementwise.mul,
    training=Training(computes=("operator.mul", "operator.imul", "operator.truediv", "torch.mul", ".mul")),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="ONNX Runtime multiplies in float32, halves to even; LiteRT rounds halves up, as nmcu, "
        "after a multiplier of more bits",
    ),
)

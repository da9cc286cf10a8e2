"""Quotients of two tensors, element by element."""

from nmcu.frontend.from_onnx.operators import binary as onnx_binary
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import elementwise as write_elementwise
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Div,
    onnx={"Div": onnx_binary.binary},
    tflite={"DIV": tflite_elementwise.div},
    write=write_elementwise.div,
    training=Training(computes=("torch.div", ".div")),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="reciprocals have 22 bits; ONNX Runtime divides in float32, halves to even; LiteRT multiplies by an "
        "approximate reciprocal",
    ),
)

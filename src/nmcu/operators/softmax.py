"""Softmax over the last axis."""

from nmcu.frontend.from_onnx.operators import softmax as onnx_softmax
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import normalise as write_normalise
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Softmax,
    onnx={"Softmax": onnx_softmax.softmax},
    tflite={"SOFTMAX": tflite_elementwise.softmax},
    write=write_normalise.softmax,
    training=Training(
        bounded=("torch.nn.Softmax", "torch.nn.functional.softmax", "torch.softmax", ".softmax")
    ),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="exponentials are a table, at most one step from the float definition",
    ),
)

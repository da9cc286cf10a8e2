"""The logarithm of softmax."""

from nmcu.frontend.from_onnx.operators import softmax as onnx_softmax
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import normalise as write_normalise
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.LogSoftmax,
    onnx={"LogSoftmax": onnx_softmax.log_softmax},
    tflite={"LOG_SOFTMAX": tflite_elementwise.log_softmax},
    write=write_normalise.log_softmax,
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="exponentials and logarithm are tables, at most one step from the float definition",
    ),
)

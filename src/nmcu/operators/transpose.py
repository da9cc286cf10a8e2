"""Data in another order."""

from nmcu.frontend.from_onnx.operators import shape as onnx_shape
from nmcu.frontend.from_tflite.operators import join as tflite_join
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Transpose,
    onnx={"Transpose": onnx_shape.transpose},
    tflite={"TRANSPOSE": tflite_join.transpose},
    write=write_move.transpose,
    training=Training(moves=("torch.transpose", "torch.permute", ".transpose", ".permute")),
    tolerance=EXACT,
)

"""A constant border."""

from nmcu.frontend.from_onnx.operators import shape as onnx_shape
from nmcu.frontend.from_tflite.operators import shape as tflite_shape
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Pad,
    onnx={"Pad": onnx_shape.pad},
    tflite={"PAD": tflite_shape.pad, "PADV2": tflite_shape.pad},
    write=write_move.pad,
    tolerance=EXACT,
)

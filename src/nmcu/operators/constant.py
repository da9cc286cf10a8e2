"""Constants on the device, and nodes that are constants."""

from nmcu.frontend.from_onnx.fold import constant
from nmcu.frontend.from_onnx.operators import select as onnx_select
from nmcu.frontend.from_onnx.operators import shape as onnx_shape
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Constant,
    onnx={"Constant": constant, "IsNaN": onnx_select.is_nan, "Shape": onnx_shape.shape},
    write=write_move.constant,
    tolerance=EXACT,
)

"""Tensors one after the other."""

from nmcu.frontend.from_onnx.operators import floats as onnx_floats
from nmcu.frontend.from_onnx.operators import join as onnx_join
from nmcu.frontend.from_tflite.operators import floats as tflite_floats
from nmcu.frontend.from_tflite.operators import join as tflite_join
from nmcu.frontend.from_tflite.operators import stack as tflite_stack
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Concat,
    onnx={"Concat": onnx_join.concat},
    onnx_floats={"Concat": onnx_floats.concat},
    tflite={"CONCATENATION": tflite_join.concatenation, "PACK": tflite_stack.pack},
    tflite_floats={"CONCATENATION": tflite_floats.concatenation},
    write=write_move.concat,
    training=Training(computes=("torch.cat",)),
    tolerance=EXACT,
)

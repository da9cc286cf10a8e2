"""Listed elements of an axis."""

from nmcu.frontend.from_onnx.operators import select as onnx_select
from nmcu.frontend.from_tflite.operators import rearrange as tflite_rearrange
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Gather,
    onnx={"Gather": onnx_select.gather},
    onnx_floats={"Gather": onnx_select.gather},
    tflite={
        "GATHER": tflite_rearrange.gather,
        "GATHER_ND": tflite_rearrange.gather_nd,
        "MIRROR_PAD": tflite_rearrange.mirror_pad,
    },
    write=write_move.gather,
    training=Training(moves=("torch.nn.ReflectionPad2d", "torch.nn.ReplicationPad2d")),
    tolerance=EXACT,
)

"""A part of a tensor."""

from nmcu.frontend.from_onnx.operators import join as onnx_join
from nmcu.frontend.from_onnx.operators import select as onnx_select
from nmcu.frontend.from_tflite.operators import join as tflite_join
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Slice,
    onnx={"Gather": onnx_select.gather, "Slice": onnx_join.slice_, "Split": onnx_join.split},
    tflite={
        "SLICE": tflite_join.slice_,
        "SPLIT": tflite_join.split,
        "SPLIT_V": tflite_join.split_v,
        "STRIDED_SLICE": tflite_join.strided_slice,
    },
    write=write_move.slice_,
    training=Training(moves=("operator.getitem", "torch.chunk", "torch.split", ".chunk", ".split")),
    tolerance=EXACT,
)

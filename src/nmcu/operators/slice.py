"""A part of a tensor, reversed or repeated."""

from nmcu.frontend.from_onnx.operators import join as onnx_join
from nmcu.frontend.from_onnx.operators import rearrange as onnx_rearrange
from nmcu.frontend.from_tflite.operators import join as tflite_join
from nmcu.frontend.from_tflite.operators import rearrange as tflite_rearrange
from nmcu.frontend.from_tflite.operators import stack as tflite_stack
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Slice,
    onnx={
        "Expand": onnx_rearrange.expand,
        "Tile": onnx_rearrange.tile,
        "Slice": onnx_join.slice_,
        "Split": onnx_join.split,
    },
    onnx_floats={"Slice": onnx_join.slice_, "Split": onnx_join.split},
    tflite={
        "BROADCAST_TO": tflite_rearrange.broadcast_to,
        "REVERSE_V2": tflite_rearrange.reverse,
        "SLICE": tflite_join.slice_,
        "SPLIT": tflite_join.split,
        "SPLIT_V": tflite_join.split_v,
        "STRIDED_SLICE": tflite_join.strided_slice,
        "UNPACK": tflite_stack.unpack,
        "TILE": tflite_rearrange.tile,
    },
    tflite_floats={
        "SLICE": tflite_join.slice_,
        "SPLIT": tflite_join.split,
        "SPLIT_V": tflite_join.split_v,
        "STRIDED_SLICE": tflite_join.strided_slice,
    },
    write=write_move.slice_,
    training=Training(
        moves=(
            *("operator.getitem", "torch.chunk", "torch.split", ".chunk", ".split"),
            *("torch.flip", ".flip", ".repeat", ".expand", "torch.tile"),
        )
    ),
    tolerance=EXACT,
)

"""Data in another order."""

from nmcu.frontend.from_onnx.operators import rearrange as onnx_rearrange
from nmcu.frontend.from_onnx.operators import shape as onnx_shape
from nmcu.frontend.from_tflite.operators import batches as tflite_batches
from nmcu.frontend.from_tflite.operators import join as tflite_join
from nmcu.frontend.from_tflite.operators import rearrange as tflite_rearrange
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Transpose,
    onnx={
        "DepthToSpace": onnx_rearrange.depth_to_space,
        "SpaceToDepth": onnx_rearrange.space_to_depth,
        "Transpose": onnx_shape.transpose,
    },
    tflite={
        "BATCH_TO_SPACE_ND": tflite_batches.batch_to_space,
        "DEPTH_TO_SPACE": tflite_rearrange.depth_to_space,
        "SPACE_TO_BATCH_ND": tflite_batches.space_to_batch,
        "SPACE_TO_DEPTH": tflite_rearrange.space_to_depth,
        "TRANSPOSE": tflite_join.transpose,
    },
    onnx_floats={"Transpose": onnx_shape.transpose},
    tflite_floats={"TRANSPOSE": tflite_join.transpose},
    write=write_move.transpose,
    training=Training(
        moves=(
            *("torch.transpose", "torch.permute", ".transpose", ".permute"),
            *("torch.nn.PixelShuffle", "torch.nn.PixelUnshuffle"),
            *("torch.nn.functional.pixel_shuffle", "torch.nn.functional.pixel_unshuffle"),
        )
    ),
    tolerance=EXACT,
)

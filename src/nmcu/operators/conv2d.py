"""Convolution; with as many groups as channels it becomes a depthwise layer."""

from nmcu.frontend.from_onnx.operators import affine as onnx_affine
from nmcu.frontend.from_tflite.operators import affine as tflite_affine
from nmcu.frontend.to_onnx.operators import affine as write_affine
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Conv2d,
    onnx={"Conv": onnx_affine.conv},
    tflite={"CONV_2D": tflite_affine.conv_2d},
    write=write_affine.conv2d,
    training=Training(weighted=("torch.nn.Conv1d", "torch.nn.Conv2d")),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="ONNX Runtime sums in float32, halves to even; LiteRT rounds halves up, as nmcu, whose "
        "narrow multiplier may fall on the other side of a half",
    ),
)

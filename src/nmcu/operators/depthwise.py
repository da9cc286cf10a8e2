"""One filter for each channel."""

from nmcu.frontend.from_tflite.operators import affine as tflite_affine
from nmcu.frontend.to_onnx.operators import affine as write_affine
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Depthwise,
    tflite={"DEPTHWISE_CONV_2D": tflite_affine.depthwise_conv_2d},
    write=write_affine.depthwise,
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="as convolution",
    ),
)

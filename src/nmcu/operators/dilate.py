"""A map with zeros between its pixels: a transposed convolution is a convolution of it."""

from nmcu.frontend.from_onnx.operators import affine as onnx_affine
from nmcu.frontend.from_tflite.operators import affine as tflite_affine
from nmcu.frontend.to_onnx.operators import affine as write_affine
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.Dilate,
    onnx={"ConvTranspose": onnx_affine.conv_transpose},
    tflite={"TRANSPOSE_CONV": tflite_affine.transpose_conv},
    write=write_affine.dilate,
    training=Training(weighted=("torch.nn.ConvTranspose2d",)),
    tolerance=EXACT,
)

"""A fully-connected layer on every token."""

from nmcu.frontend.from_onnx.operators import affine as onnx_affine
from nmcu.frontend.from_onnx.operators import float_linear as onnx_float
from nmcu.frontend.from_tflite.operators import affine as tflite_affine
from nmcu.frontend.to_onnx.operators import affine as write_affine
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Linear,
    onnx={"Gemm": onnx_affine.gemm, "MatMul": onnx_affine.matmul},
    onnx_floats={"Gemm": onnx_float.gemm, "MatMul": onnx_float.matmul},
    tflite={"FULLY_CONNECTED": tflite_affine.fully_connected},
    write=write_affine.linear,
    training=Training(weighted=("torch.nn.Linear",)),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="as convolution; the reference kernel of LiteRT rounds halves away from zero, its default one up",
    ),
)

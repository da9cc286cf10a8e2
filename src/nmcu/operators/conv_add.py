"""A convolution whose float result a file adds to a tensor before it is quantised."""

from nmcu.frontend.to_onnx.operators import affine as write_affine
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.ConvAdd,
    write=write_affine.conv_add,
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="ONNX Runtime sums in float32, halves to even; nmcu rounds the convolution's result to 1/2**n of a step, n "
        "up to 8 as 16 bits allow, and the sum half up",
    ),
)

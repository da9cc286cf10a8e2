"""A fully connected layer of low rank over the last frames."""

from nmcu.frontend.from_tflite.operators import svdf as tflite_svdf
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Svdf,
    tflite={"SVDF": tflite_svdf.svdf},
    tolerance=Tolerance(onnx=1, litert=0, why="LiteRT's arithmetic to the bit"),
)

"""A state between int8 and int16."""

from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Convert,
    tolerance=Tolerance(onnx=1, litert=1, why="an int16 state to the int8 that a file gives it"),
)

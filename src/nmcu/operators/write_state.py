"""What a state holds after a run."""

from nmcu.frontend.from_tflite.operators import variable as tflite_variable
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.WriteState,
    tflite={"ASSIGN_VARIABLE": tflite_variable.assign},
    tolerance=EXACT,
)

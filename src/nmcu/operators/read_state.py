"""What a state holds at the beginning of a run."""

from nmcu.frontend.from_tflite.operators import variable as tflite_variable
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.ReadState,
    tflite={
        "CALL_ONCE": tflite_variable.call_once,
        "READ_VARIABLE": tflite_variable.read,
        "VAR_HANDLE": tflite_variable.handle,
    },
    tolerance=EXACT,
)

"""Constants in float sections."""

from nmcu.frontend.to_onnx.operators import floats as write_floats
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.FloatConstant,
    write=write_floats.constant,
    tolerance=EXACT,
)

"""int8 as float32."""

from nmcu.frontend.to_onnx.operators import floats as write_floats
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import FLOAT

OPERATOR = Operator(
    op=ops.FloatTable,
    write=write_floats.table,
    tolerance=FLOAT,
)

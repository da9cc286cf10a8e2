"""The end of a float section."""

from nmcu.frontend.from_onnx.operators import quantize as onnx_quantize
from nmcu.frontend.to_onnx.operators import floats as write_floats
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Quantize,
    onnx_floats={
        "QuantizeLinear": onnx_quantize.quantize_linear,
        "com.microsoft.QuantizeLinear": onnx_quantize.quantize_linear,
    },
    write=write_floats.same,
    tolerance=Tolerance(1, 1, why="float routines round unlike a runtime's, which can move a rounding"),
)

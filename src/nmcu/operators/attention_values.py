"""Attention weights times values."""

from nmcu.frontend.to_onnx.operators import product as write_product
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.AttentionValues,
    write=write_product.values,
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="ONNX Runtime multiplies in float32, halves to even; a narrow multiplier may fall on the "
        "other side of a half",
    ),
)

"""Attention weights times values."""

from nmcu.frontend.to_onnx.operators import product as write_product
from nmcu.graph import ops
from nmcu.operators.operator import Operator

OPERATOR = Operator(
    op=ops.AttentionValues,
    write=write_product.values,
)

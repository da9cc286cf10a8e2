"""Queries times keys; a product of two activations is read as this or as attention values."""

from nmcu.frontend.to_onnx.operators import product as write_product
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training

OPERATOR = Operator(
    op=ops.AttentionScores,
    write=write_product.scores,
    training=Training(computes=("operator.matmul", "torch.matmul", "torch.bmm", ".matmul")),
)

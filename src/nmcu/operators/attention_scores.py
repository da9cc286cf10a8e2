"""Queries times keys; a product of two activations is read as this or as attention values."""

from nmcu.frontend.from_tflite.operators import product as tflite_product
from nmcu.frontend.to_onnx.operators import product as write_product
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.AttentionScores,
    tflite={"BATCH_MATMUL": tflite_product.batch_matmul},
    write=write_product.scores,
    training=Training(computes=("operator.matmul", "torch.matmul", "torch.bmm", ".matmul")),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="ONNX Runtime multiplies in float32, halves to even; a narrow multiplier may fall on the "
        "other side of a half",
    ),
)

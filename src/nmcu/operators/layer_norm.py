"""Normalisation over the last axis."""

from nmcu.frontend.from_onnx.operators import normalise as onnx_normalise
from nmcu.frontend.to_onnx.operators import normalise as write_normalise
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.LayerNorm,
    onnx={"LayerNormalization": onnx_normalise.layer_normalization},
    write=write_normalise.layer_norm,
    training=Training(computes=("torch.nn.LayerNorm", "torch.nn.functional.layer_norm")),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="mean, variance and inverse square root are integers, at most one step from the float definition",
    ),
)

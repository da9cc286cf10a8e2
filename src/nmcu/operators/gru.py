"""Gated recurrent units."""

from nmcu.frontend.from_onnx.operators import recurrent as onnx_recurrent
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Gru,
    onnx={"GRU": onnx_recurrent.gru},
    tolerance=Tolerance(
        onnx=3, litert=0, why="gates of 16 bits and a hidden state of 8 where ONNX Runtime has floats"
    ),
)

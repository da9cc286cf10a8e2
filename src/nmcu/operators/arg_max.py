"""The index of the largest value."""

from nmcu.frontend.from_onnx.operators import softmax as onnx_softmax
from nmcu.frontend.from_tflite.operators import join as tflite_join
from nmcu.frontend.to_onnx.operators import normalise as write_normalise
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.ArgMax,
    onnx={"ArgMax": onnx_softmax.arg_max, "ArgMin": onnx_softmax.arg_min},
    tflite={"ARG_MAX": tflite_join.arg_max, "ARG_MIN": tflite_join.arg_min},
    write=write_normalise.arg_max,
    tolerance=EXACT,
)

"""A long short-term memory."""

from nmcu.frontend.from_onnx.operators import recurrent as onnx_recurrent
from nmcu.frontend.from_tflite.operators import lstm as tflite_lstm
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.Lstm,
    onnx={"LSTM": onnx_recurrent.lstm},
    tflite={"UNIDIRECTIONAL_SEQUENCE_LSTM": tflite_lstm.lstm},
    tolerance=Tolerance(
        onnx=3, litert=0, why="LiteRT's arithmetic; ONNX Runtime has floats for its 16 and 8 bits"
    ),
)

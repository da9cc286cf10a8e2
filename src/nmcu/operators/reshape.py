"""The same data under another shape or name."""

from nmcu.frontend.from_onnx.operators import shape as onnx_shape
from nmcu.frontend.from_tflite.operators import shape as tflite_shape
from nmcu.frontend.to_onnx.operators import move as write_move
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

TFLITE = {
    "EXPAND_DIMS": tflite_shape.expand_dims,
    "RESHAPE": tflite_shape.reshape,
    "SQUEEZE": tflite_shape.squeeze,
}
OPERATOR = Operator(
    op=ops.Reshape,
    onnx={
        "Dropout": onnx_shape.dropout,
        "Flatten": onnx_shape.flatten,
        "Identity": onnx_shape.identity,
        "Reshape": onnx_shape.reshape,
        "Squeeze": onnx_shape.squeeze,
        "Unsqueeze": onnx_shape.unsqueeze,
    },
    onnx_floats={
        "Cast": onnx_shape.cast,
        "Dropout": onnx_shape.dropout,
        "Flatten": onnx_shape.flatten,
        "Identity": onnx_shape.identity,
        "Reshape": onnx_shape.reshape,
        "Shape": onnx_shape.shape,
        "Squeeze": onnx_shape.squeeze,
        "Unsqueeze": onnx_shape.unsqueeze,
    },
    tflite=TFLITE,
    tflite_floats=TFLITE,
    write=write_move.reshape,
    training=Training(
        moves=(
            "torch.nn.Flatten",
            "torch.nn.Unflatten",
            "torch.flatten",
            "torch.reshape",
            "torch.squeeze",
            "torch.unsqueeze",
            ".flatten",
            ".reshape",
            ".view",
            ".squeeze",
            ".unsqueeze",
            ".unflatten",
        ),
        nothing=(
            "torch.nn.Identity",
            "torch.nn.Dropout",
            "torch.nn.Dropout2d",
            "torch.nn.functional.dropout",
            ".contiguous",
        ),
    ),
    tolerance=EXACT,
)

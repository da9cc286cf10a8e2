"""Functions of one value, as tables of 256 entries; the readers merge chains of them and fold constants in."""

from nmcu.frontend.from_onnx.operators import binary as onnx_binary
from nmcu.frontend.from_onnx.operators import elementwise as onnx_elementwise
from nmcu.frontend.from_onnx.operators import select as onnx_select
from nmcu.frontend.from_onnx.operators import shape as onnx_shape
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import elementwise as write_elementwise
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

_COMPARISONS = ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
_MODULES = (
    *("CELU", "ELU", "GELU", "Hardsigmoid", "Hardswish", "LeakyReLU", "Mish", "PReLU", "SELU", "Sigmoid"),
    *("SiLU", "Softplus", "Softsign", "Tanh"),
)
_FUNCTIONS = (
    *("celu", "elu", "gelu", "hardsigmoid", "hardswish", "leaky_relu", "mish", "selu", "sigmoid", "silu"),
    *("softplus", "softsign", "tanh"),
)

OPERATOR = Operator(
    op=ops.Table,
    onnx={
        **dict.fromkeys(_COMPARISONS, onnx_binary.binary),
        **dict.fromkeys(onnx_elementwise.FUNCTIONS, onnx_elementwise.unary),
        "BatchNormalization": onnx_binary.batch_normalization,
        "Cast": onnx_shape.cast,
        "Clip": onnx_elementwise.clip,
        "PRelu": onnx_elementwise.prelu,
        "Relu": onnx_elementwise.relu,
        "Where": onnx_select.where,
        "com.microsoft.Gelu": onnx_elementwise.unary,
    },
    tflite=tflite_elementwise.TABLES,
    write=write_elementwise.table,
    training=Training(
        computes=(
            *(f"torch.nn.{name}" for name in _MODULES),
            *(f"torch.nn.functional.{name}" for name in _FUNCTIONS),
            *("torch.sigmoid", "torch.tanh", ".sigmoid", ".tanh"),
        ),
        clamps=(
            *("torch.nn.ReLU", "torch.nn.ReLU6", "torch.nn.Hardtanh", "torch.relu", "torch.clamp"),
            *("torch.nn.functional.relu", "torch.nn.functional.relu6", "torch.nn.functional.hardtanh"),
            *(".relu", ".clamp"),
        ),
    ),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="the 256 results are computed in float64 (float32 where the function jumps) and rounded "
        "halves up; runtimes compute in float32 or fixed point",
    ),
)

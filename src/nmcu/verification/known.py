"""Where runtimes are known to be wrong: what the documentation lists, each with the version it was seen in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """Of `runtime`, an operator of a file and what is wrong with it."""

    runtime: str
    operator: str
    what: str


WRONG = (
    Wrong("LiteRT 2.3.0", "DIV", "both kernels answer full scale for some small quotients"),
    Wrong("LiteRT 2.3.0", "NEG", "both kernels ignore scales and zero points"),
    Wrong("LiteRT 2.3.0", "SUM", "the reference kernel of int8 wraps around; the default one is right"),
    Wrong(
        "LiteRT 2.3.0",
        "RESIZE_NEAREST_NEIGHBOR",
        "the reference kernel picks another element for a few pairs of sizes; the default one is right",
    ),
    Wrong(
        "LiteRT 2.3.0",
        "RESIZE_BILINEAR",
        "both kernels round the ratio of the sizes to 1/1024, 25 steps off in large maps; nmcu does as they do",
    ),
    Wrong(
        "LiteRT 2.3.0",
        "FULLY_CONNECTED, CONV_2D, ...",
        "sums times a multiplier of more than 1 overflow: they are clamped to the wrong end",
    ),
    Wrong("LiteRT 2.3.0", "SQRT, RSQRT", "both kernels end the run where the input has a negative number"),
    Wrong("LiteRT 2.3.0", "ELU", "has no reference kernel: the whole file is run by the default ones"),
    Wrong(
        "ONNX Runtime 1.32.0, optimised",
        "AveragePool",
        "divides by too much at the edge with ceil_mode and count_include_pad (not a judge here)",
    ),
    Wrong(
        "ONNX Runtime 1.32.0, optimised",
        "Gemm, MatMul and Add",
        "drops the scale and the zero point of an int32 bias (not a judge here)",
    ),
    Wrong(
        "ONNX Runtime 1.32.0, optimised",
        "DequantizeLinear, QuantizeLinear",
        "makes one scale of its own from two in a row (not a judge here)",
    ),
    Wrong(
        "ONNX Runtime 1.32.0, optimised",
        "MatMul, Add",
        "does not load over three or more axes of int8, opset 21 or later (not a judge here)",
    ),
    Wrong("TensorFlow Lite Micro", "RELU6", "does not rescale (not a judge here)"),
    Wrong(
        "TensorFlow Lite Micro",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        "clamps the state's part of a gate, too, not the input's alone as LiteRT does (not a judge here)",
    ),
)

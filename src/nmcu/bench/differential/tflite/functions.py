"""Steps that are functions of one value, and those over the last axis."""

import numpy as np

from nmcu.bench.differential.tflite.network import Activation, Network


def table(n: Network) -> None:
    """A function whose result has a scale of its own."""
    code, options = n.choice(
        (
            *(
                ("RELU", ""),
                ("RELU6", ""),
                ("RELU_N1_TO_1", ""),
                ("ELU", ""),
                ("HARD_SWISH", "HardSwishOptions"),
            ),
            *(("LEAKY_RELU", "LeakyReluOptions"), ("GELU", "GeluOptions"), ("ABS", "AbsOptions")),
            *(("EXP", "ExpOptions"), ("RSQRT", ""), ("NEG", "NegOptions"), ("SQRT", "")),
            ("LOG", ""),
        )
    )
    if code in ("RSQRT", "SQRT", "LOG"):
        x = _not_negative(n)
    else:
        x = n.any(*(("int8",) if code in ("ELU", "ABS", "EXP", "NEG") else ()), least=0)
    fields: dict[str, float] = {}
    if code == "LEAKY_RELU":
        fields["Alpha"] = float(np.float32(n.choice((0.2, 0.01, 0.0, 1.0, 1.5, -0.5))))
    if code == "GELU":
        fields["Approximate"] = n.chance(2)
    n.model.op(code, [x.index], [n.free(x, x.shape)], options, **fields)


def clamp(n: Network) -> None:
    """A clamp of the latest activation that keeps its quantisation."""
    x = n.activations[-1]
    n.used.add(x.index)
    code = n.choice(("RELU", "RELU6", "RELU_N1_TO_1"))
    n.model.op(code, [x.index], [n.result(x.shape, x.scale, x.zero, x.dtype)])


def _not_negative(n: Network) -> Activation:
    """LiteRT ends with an error where it meets the root of a negative number."""
    x = n.any()
    low = n.result(x.shape, n.scale(x.scale), -128)
    n.model.op("QUANTIZE", [x.index], [low])
    n.used.add(low)
    return n.activations[-1]


def bounded(n: Network) -> None:
    """A function whose scale the specification fixes."""
    code, scale, zero, options = n.choice(
        (
            ("LOGISTIC", 1 / 256, -128, ""),
            ("TANH", 1 / 128, 0, ""),
            ("SOFTMAX", 1 / 256, -128, "SoftmaxOptions"),
            ("LOG_SOFTMAX", 16 / 256, 127, "LogSoftmaxOptions"),
            ("L2_NORMALIZATION", 1 / 128, 0, "L2NormOptions"),
        )
    )
    x = n.any(*(("int8",) if code == "LOG_SOFTMAX" else ()), most=4)
    fields = {"Beta": n.choice((0.5, 2.0)) if n.chance(6) else 1.0} if code == "SOFTMAX" else {}
    n.model.op(code, [x.index], [_fixed(n, x, scale, zero)], options, **fields)


def _fixed(n: Network, x: Activation, scale: float, zero: int) -> int:
    if n.chance(60):
        return n.free(x, x.shape)
    return n.result(x.shape, scale, zero + (128 if x.dtype == "uint8" else 0), x.dtype)


def prelu(n: Network) -> None:
    """PRELU with one slope, or one a channel."""
    x = n.any()
    channels = n.choice((x.shape[-1], 1))
    shape = (1,) * n.integer(0, len(x.shape) - 1) + (channels,)
    data = n.numbers(shape)
    values = (data + 128).astype(np.uint8) if x.dtype == "uint8" else data.astype(np.int8)
    scale, zero = 0.01 * n.integer(1, 20) / 10, n.zero(x.dtype)
    slope = n.model.tensor(*shape, scale=scale, zero=zero, data=values, dtype=x.dtype)
    n.model.op("PRELU", [x.index, slope], [n.free(x, x.shape)])


def requantize(n: Network) -> None:
    """QUANTIZE from one 8-bit type and scale to another."""
    x = n.any(least=0)
    dtype = n.choice(("int8", "int8", "uint8"))
    n.model.op("QUANTIZE", [x.index], [n.result(x.shape, n.scale(x.scale), n.zero(dtype), dtype)])


def arg_max(n: Network) -> None:
    """ARG_MAX and ARG_MIN over any axis, whose indices are a model output."""
    x = n.any()
    axis = n.integer(0, len(x.shape) - 1)
    place = n.ints([axis - len(x.shape) if n.chance(3) else axis])
    kind, options = n.choice((("ARG_MAX", "ArgMaxOptions"), ("ARG_MIN", "ArgMinOptions")))
    dtype, code = n.choice((("int32", 2), ("int64", 4)))
    y = n.last((*x.shape[:axis], *x.shape[axis + 1 :]), dtype)
    n.model.op(kind, [x.index, place], [y], options, OutputType=code)


def dequantize(n: Network) -> None:
    """DEQUANTIZE to a model output."""
    x = n.any(least=0)
    n.model.op("DEQUANTIZE", [x.index], [n.last(x.shape, "float32")])

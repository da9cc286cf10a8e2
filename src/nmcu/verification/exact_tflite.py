"""What a TFLite operator computes, in float64: decides where LiteRT's kernels contradict each other or are known to be
wrong.

Written from the specification of the operators, not from the reader: sums over kernel positions, nothing lowered.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.frontend.from_tflite import file as tf
from nmcu.graph.op import Array
from nmcu.judge import Key

Real = NDArray[np.float64]

_ACTIVATIONS = MappingProxyType({1: (0.0, math.inf), 2: (-1.0, 1.0), 3: (0.0, 6.0)})


@dataclass(frozen=True)
class _Call:
    """One operator with the real values of its inputs, None where there is none."""

    file: tf.File
    operator: tf.Operator
    inputs: Sequence[Any]

    def option(self, table: str, field: str) -> Any:
        """A field of its options."""
        return getattr(tf.options(self.operator, getattr(tflite, table)), field)()

    def scale(self, position: int) -> Real:
        """The scales of input `position`."""
        return np.asarray(self.file.tensors[self.operator.inputs[position]].scale, np.float64)

    def bias(self, position: int, x: int = 0) -> Real:
        """Input `position`, integers at the scale of the products of inputs `x` and 1; 0 where there is none."""
        if position >= len(self.inputs) or self.inputs[position] is None:
            return np.zeros(1)
        return np.asarray(self.inputs[position] * self.scale(x) * self.scale(1))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the output."""
        return self.file.tensors[self.operator.outputs[0]].shape


def results(
    file: tf.File, wanted: Collection[Key], tensors: Mapping[Key, Array], held: Collection[Key]
) -> dict[Key, Array]:
    """Those of the `wanted` tensors that are known exactly: what operators should have made of LiteRT's `tensors`.

    A graph has `held` some of the file's tensors. Others lie inside of one layer, and are computed, too.
    """
    written = {i for operator in file.operators for i in operator.outputs}
    known = {k: a for k, a in tensors.items() if isinstance(k, int) and (k in held or k not in written)}
    found: dict[Key, Array] = {}
    for operator in file.operators:
        y = operator.outputs[0] if operator.outputs else -1
        needed = [i for i in operator.inputs if i >= 0 and file.tensors[i].data is None]
        if (y in known and y not in wanted) or any(i not in known for i in needed):
            continue
        made = codes(file, operator, known)
        if made is None and y in tensors and all(known[i] is tensors[i] for i in needed):
            known[y] = tensors[y]  # LiteRT copies codes right
        elif made is not None:
            result = np.floor(np.nan_to_num(made) + 0.5).astype(file.tensors[y].dtype)
            known.setdefault(y, result)
            if y in wanted:
                found[y] = result
    return found


def codes(file: tf.File, operator: tf.Operator, tensors: Mapping[int, Array]) -> Real | None:
    """Codes of the first output before rounding, for the inputs in `tensors`; None for operators that copy codes."""
    if operator.code not in _OPERATORS:
        return None
    function, table = _OPERATORS[operator.code]
    inputs = [None if i < 0 else _real(file.tensors[i], tensors.get(i)) for i in operator.inputs]
    call = _Call(file, operator, inputs)
    with np.errstate(all="ignore"):
        value = function(call)
    if table:
        value = np.clip(value, *_ACTIVATIONS.get(call.option(table, "FusedActivationFunction"), (None, None)))
    y = file.tensors[operator.outputs[0]]
    limits = np.iinfo(y.dtype)
    zero = int(y.zero_point[0]) if y.zero_point.size else 0
    return np.asarray(np.clip(value / float(y.scale[0]) + zero, limits.min, limits.max)).reshape(y.shape)


def _real(tensor: tf.Tensor, found: Array | None) -> Real:
    data = tensor.data if tensor.data is not None else found
    assert data is not None
    if not tensor.scale.size or tensor.dtype == "int32":
        return data.astype(np.float64)
    shape = [1] * data.ndim
    if tensor.scale.size > 1:
        shape[tensor.axis] = -1
    scale, zero = (np.asarray(v, np.float64) for v in (tensor.scale, tensor.zero_point))
    zero = zero if zero.size else np.zeros(1)
    return np.asarray((data.astype(np.float64) - zero.reshape(shape)) * scale.reshape(shape))


def _taps(c: _Call, table: str, x: Real, kernel: Sequence[int], dilates: bool = False) -> list[list[Real]]:
    """For each row and column of the kernel, what every output reads of the map `x`: (1, OH, OW, C), 0 outside."""
    strides = c.option(table, "StrideH"), c.option(table, "StrideW")
    steps = (c.option(table, "DilationHFactor"), c.option(table, "DilationWFactor")) if dilates else (1, 1)
    pads = [(0, 0)]
    for axis in (0, 1):
        reach = (c.shape[1 + axis] - 1) * strides[axis] + steps[axis] * (kernel[axis] - 1) + 1
        missing = (
            max(0, reach - x.shape[1 + axis]) if c.option(table, "Padding") == tflite.Padding.SAME else 0
        )
        pads.append((missing // 2, missing - missing // 2))
    padded = np.pad(x, [*pads, (0, 0)])

    def tap(row: int, column: int) -> Real:
        first = row * steps[0], column * steps[1]
        ends = [f + (n - 1) * s + 1 for f, n, s in zip(first, c.shape[1:3], strides, strict=True)]
        return padded[:, first[0] : ends[0] : strides[0], first[1] : ends[1] : strides[1]]

    return [[tap(i, j) for j in range(kernel[1])] for i in range(kernel[0])]


def _conv(c: _Call) -> Real:
    x, w = c.inputs[0], c.inputs[1]
    groups = x.shape[3] // w.shape[3]
    taps = _taps(c, "Conv2DOptions", x, w.shape[1:3], dilates=True)
    total = np.zeros(c.shape)
    for i, row in enumerate(taps):
        for j, tap in enumerate(row):
            parts = zip(np.split(tap, groups, 3), np.split(w[:, i, j], groups), strict=True)
            total = total + np.concatenate([part @ filters.T for part, filters in parts], 3)
    return np.asarray(total + c.bias(2))


def _depthwise(c: _Call) -> Real:
    x, w = c.inputs[0], c.inputs[1]
    taps = _taps(c, "DepthwiseConv2DOptions", x, w.shape[1:3], dilates=True)
    times = w.shape[3] // x.shape[3]
    total = np.zeros(c.shape)
    for i, row in enumerate(taps):
        for j, tap in enumerate(row):
            total = total + np.repeat(tap, times, 3) * w[0, i, j]
    return np.asarray(total + c.bias(2))


def _transpose_conv(c: _Call) -> Real:
    w, x, table = c.inputs[1], c.inputs[2], "TransposeConvOptions"
    strides = c.option(table, "StrideH"), c.option(table, "StrideW")
    spans = [(n - 1) * s + 1 for n, s in zip(x.shape[1:3], strides, strict=True)]
    whole = np.zeros((1, *(a + k - 1 for a, k in zip(spans, w.shape[1:3], strict=True)), w.shape[0]))
    for i in range(w.shape[1]):
        for j in range(w.shape[2]):
            whole[:, i : i + spans[0] : strides[0], j : j + spans[1] : strides[1]] += x @ w[:, i, j].T
    first = [0, 0]
    if c.option(table, "Padding") == tflite.Padding.SAME:
        first = [max(0, a - b) // 2 for a, b in zip(whole.shape[1:3], c.shape[1:3], strict=True)]
    cut = whole[:, first[0] :, first[1] :][:, : c.shape[1], : c.shape[2]]
    missing = [(0, b - a) for a, b in zip(cut.shape[1:3], c.shape[1:3], strict=True)]
    return np.asarray(np.pad(cut, [(0, 0), *missing, (0, 0)]) + c.bias(3, x=2))


def _fully_connected(c: _Call) -> Real:
    x, w = c.inputs[0], c.inputs[1]
    return np.asarray(x.reshape(-1, w.shape[1]) @ w.T + c.bias(2))


def _average(c: _Call) -> Real:
    table = "Pool2DOptions"
    kernel = c.option(table, "FilterHeight"), c.option(table, "FilterWidth")
    total, count = (
        sum(tap for row in _taps(c, table, x, kernel) for tap in row)
        for x in (c.inputs[0], np.ones_like(c.inputs[0]))
    )
    return np.asarray(total / count)


def _over(function: Callable[..., Real]) -> Callable[[_Call], Real]:
    """A reduction over the axes of input 1."""

    def reduced(c: _Call) -> Real:
        x, axes = c.inputs
        return np.asarray(function(x, axis=tuple({int(a) % x.ndim for a in axes.reshape(-1)})))

    return reduced


def _batch_matmul(c: _Call) -> Real:
    turns = [c.option("BatchMatMulOptions", adjoint) for adjoint in ("AdjX", "AdjY")]
    a, b = (x.swapaxes(-1, -2) if turn else x for x, turn in zip(c.inputs, turns, strict=True))
    return np.asarray(a @ b)


def _l2_normalization(c: _Call) -> Real:
    x = c.inputs[0]
    return np.asarray(x / np.maximum(np.sqrt((x * x).sum(-1, keepdims=True)), 1e-30))


def _softmax(c: _Call) -> Real:
    x = c.inputs[0] * c.option("SoftmaxOptions", "Beta")
    powers = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def _log_softmax(c: _Call) -> Real:
    x = c.inputs[0] - c.inputs[0].max(-1, keepdims=True)
    return np.asarray(x - np.log(np.exp(x).sum(-1, keepdims=True)))


def _gelu(c: _Call) -> Real:
    x = c.inputs[0]
    if c.option("GeluOptions", "Approximate"):
        return np.asarray(x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))
    return np.asarray(x / 2 * (1 + _erf(x / math.sqrt(2))))


def _leaky_relu(c: _Call) -> Real:
    return np.asarray(np.where(c.inputs[0] > 0, 1, c.option("LeakyReluOptions", "Alpha")) * c.inputs[0])


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _one(function: Callable[[Real], Any]) -> Callable[[_Call], Real]:
    return lambda c: np.asarray(function(c.inputs[0]), np.float64)


def _two(function: Callable[[Real, Real], Any]) -> Callable[[_Call], Real]:
    return lambda c: np.asarray(function(c.inputs[0], c.inputs[1]), np.float64)


_OPERATORS: Mapping[str, tuple[Callable[[_Call], Real], str]] = MappingProxyType(
    {
        "ABS": (_one(np.abs), ""),
        "ADD": (_two(np.add), "AddOptions"),
        "AVERAGE_POOL_2D": (_average, "Pool2DOptions"),
        "BATCH_MATMUL": (_batch_matmul, ""),
        "CONV_2D": (_conv, "Conv2DOptions"),
        "DEPTHWISE_CONV_2D": (_depthwise, "DepthwiseConv2DOptions"),
        "DIV": (_two(np.divide), "DivOptions"),
        "ELU": (_one(lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))), ""),
        "EXP": (_one(np.exp), ""),
        "FULLY_CONNECTED": (_fully_connected, "FullyConnectedOptions"),
        "GELU": (_gelu, ""),
        "HARD_SWISH": (_one(lambda x: x * np.clip(x + 3, 0, 6) / 6), ""),
        "LEAKY_RELU": (_leaky_relu, ""),
        "LOGISTIC": (_one(lambda x: 1 / (1 + np.exp(-x))), ""),
        "LOG_SOFTMAX": (_log_softmax, ""),
        "L2_NORMALIZATION": (_l2_normalization, "L2NormOptions"),
        "LOG": (_one(np.log), ""),
        "MEAN": (_over(np.mean), ""),
        "MUL": (_two(np.multiply), "MulOptions"),
        "NEG": (_one(np.negative), ""),
        "PRELU": (_two(lambda x, slope: np.where(x < 0, x * slope, x)), ""),
        "QUANTIZE": (_one(np.positive), ""),
        "RELU": (_one(lambda x: np.maximum(x, 0)), ""),
        "RELU6": (_one(lambda x: np.clip(x, 0, 6)), ""),
        "RELU_N1_TO_1": (_one(lambda x: np.clip(x, -1, 1)), ""),
        "RSQRT": (_one(lambda x: 1 / np.sqrt(x)), ""),
        "SOFTMAX": (_softmax, ""),
        "SQUARED_DIFFERENCE": (_two(lambda a, b: (a - b) ** 2), ""),
        "SQRT": (_one(np.sqrt), ""),
        "SUM": (_over(np.sum), ""),
        "SUB": (_two(np.subtract), "SubOptions"),
        "TANH": (_one(np.tanh), ""),
        "TRANSPOSE_CONV": (_transpose_conv, "TransposeConvOptions"),
    }
)
"""What each computes, and the options with its fused activation."""

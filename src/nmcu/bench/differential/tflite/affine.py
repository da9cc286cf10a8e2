"""Steps with weights: convolutions and fully connected layers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nmcu.bench.differential.tflite.network import Activation, Network, Shape

SAME, VALID = 0, 1


def window(n: Network, size: Shape, dilates: bool) -> tuple[dict[str, int], Shape, Shape]:
    """Options with padding, strides and dilations, the kernel, and the output's (height, width)."""
    padding, strides, dilations = n.choice((SAME, VALID)), [], []
    kernel: list[int] = []
    for length in size:
        dilation = n.integer(1, 3) if dilates and n.chance(4) else 1
        most = 5 if padding == SAME else 1 + (length - 1) // dilation
        if kernel and kernel[0] <= most and n.chance(2):
            kernel.append(kernel[0])
        else:
            kernel.append(n.integer(1, most if n.chance(8) else min(5, most)))
        strides.append(n.choice((1, 1, 2, 3)))
        dilations.append(dilation)
    if padding == SAME:
        out = [-(-d // s) for d, s in zip(size, strides, strict=True)]
    else:
        spans = [d * (k - 1) + 1 for d, k in zip(dilations, kernel, strict=True)]
        out = [(d - k) // s + 1 for d, k, s in zip(size, spans, strides, strict=True)]
    options = {"Padding": padding, "StrideH": strides[0], "StrideW": strides[1]}
    if dilates:
        options |= {"DilationHFactor": dilations[0], "DilationWFactor": dilations[1]}
    return options, tuple(kernel), tuple(out)


def conv_2d(n: Network) -> None:
    """CONV_2D, also grouped."""
    x = n.map("int8")
    channels = x.shape[3]
    groups = n.choice([g for g in range(1, channels + 1) if channels % g == 0]) if n.chance(4) else 1
    cout = groups * n.integer(1, 6 if groups == 1 else 2)
    options, kernel, out = window(n, x.shape[1:3], dilates=True)
    _weighted(
        n, "CONV_2D", x, (cout, *kernel, channels // groups), 0, (1, *out, cout), "Conv2DOptions", options
    )


def depthwise_conv_2d(n: Network) -> None:
    """DEPTHWISE_CONV_2D with any multiplier."""
    x = n.map("int8")
    multiplier = n.choice((1, 1, 2, 3))
    cout = multiplier * x.shape[3]
    options, kernel, out = window(n, x.shape[1:3], dilates=True)
    options["DepthMultiplier"] = multiplier
    table = "DepthwiseConv2DOptions"
    _weighted(n, "DEPTHWISE_CONV_2D", x, (1, *kernel, cout), 3, (1, *out, cout), table, options)


def transpose_conv(n: Network) -> None:
    """TRANSPOSE_CONV to any output size that gives the input's."""
    x = n.map("int8")
    cout, kernel = n.integer(1, 5), (n.integer(1, 5), n.integer(1, 5))
    strides = (n.integer(1, 3), n.integer(1, 3))
    padding, size = n.choice((SAME, VALID)), []
    for length, k, s in zip(x.shape[1:3], kernel, strides, strict=True):
        smallest = (length - 1) * s + (1 if padding == SAME else k)
        size.append(smallest + n.integer(0, s - 1))
    options = {"Padding": padding, "StrideH": strides[0], "StrideW": strides[1]}
    shape = (1, *size, cout)
    sizes = n.ints(shape)
    _weighted(
        n, "TRANSPOSE_CONV", x, (cout, *kernel, x.shape[3]), 0, shape, "TransposeConvOptions", options,
        lambda w, bias: [sizes, w, x.index, *bias],
    )  # fmt: skip


def fully_connected(n: Network) -> None:
    """FULLY_CONNECTED on any rank; without KeepNumDims the weights may span several axes."""
    x = n.any("int8")
    keep = n.chance(2)
    cin, cout = x.shape[-1], n.integer(1, 8)
    if not keep and n.chance(3):
        cin = math.prod(x.shape[n.integer(0, len(x.shape) - 1) :])
    shape = (*x.shape[:-1], cout) if keep else (math.prod(x.shape) // cin, cout)
    _weighted(n, "FULLY_CONNECTED", x, (cout, cin), 0, shape, "FullyConnectedOptions", {"KeepNumDims": keep})


def _weighted(
    n: Network,
    code: str,
    x: Activation,
    weights: Shape,
    axis: int,
    shape: Shape,
    table: str,
    options: dict[str, Any],
    inputs: Callable[[int, list[int]], list[int]] | None = None,
) -> None:
    cout = weights[axis]
    base = 0.01 * n.integer(1, 40) / 20
    rng = np.random.default_rng(n.integer(0, 2**16))
    spread = 2.0 ** rng.uniform(-3, 3, cout) if n.chance(2) else np.ones(1)
    scales = [float(np.float32(base * s)) for s in spread]
    quantised = axis if not n.chance(100) else 3 - axis
    data = n.numbers(weights, -128 if n.chance(4) else -127).astype(np.int8)
    w = n.model.tensor(*weights, scale=scales, data=data, axis=quantised)
    bias = [0]
    if code in ("FULLY_CONNECTED", "TRANSPOSE_CONV"):  # LiteRT 2.3 convolves with a bias only
        bias = n.choice(([0], [0], [], [-1]))
    if bias == [0]:
        most = n.choice((3000, 3000, 100_000, 2**30))
        values = n.numbers((cout,), -most, most).astype(np.int32)
        bias_scales = [float(np.float32(x.scale * s)) for s in scales]
        bias = [n.model.tensor(cout, scale=bias_scales, data=values, dtype="int32")]
    terms = max(1.0, data.size / cout)
    y = n.free(x, shape, x.scale * base * 40 * terms**0.5)
    options = {**options, "FusedActivationFunction": n.activation()}
    chosen = [x.index, w, *bias] if inputs is None else inputs(w, bias)
    n.model.op(code, chosen, [y], table, **options)

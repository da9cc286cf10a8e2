"""Conv, ConvTranspose and Gemm with the weights and biases of the integer layers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend.to_onnx.writer import Result, Writer
from nmcu.graph import Layer, TensorInfo, affine, ops


def conv2d(w: Writer, layer: Layer, op: ops.Conv2d) -> Result:
    """Conv, channels first."""
    weight = layer.constants["weight"].transpose(0, 3, 1, 2)
    return _conv(w, layer, op, weight, op.groups)


def conv_add(w: Writer, layer: Layer, op: ops.ConvAdd) -> Result:
    """Conv, and Add or Sub of its float result and the tensor."""
    conv, layout = conv2d(w, layer, op)
    pair = [conv, w.real(layer.inputs[1], layout)]
    kind = "Sub" if op.sum_multiplier * op.residual_multiplier < 0 else "Add"
    return w.node(kind, pair if op.sum_multiplier > 0 else pair[::-1], f"{conv} sum"), layout


def depthwise(w: Writer, layer: Layer, op: ops.Depthwise) -> Result:
    """Conv with one group per channel."""
    weight = layer.constants["weight"].transpose(2, 0, 1)[:, np.newaxis]
    return _conv(w, layer, op, weight, weight.shape[0])


def linear(w: Writer, layer: Layer, op: ops.Linear) -> Result:
    """Gemm."""
    weight = layer.constants["weight"]
    names = [w.real(layer.inputs[0]), _weight(w, layer, op, weight), _bias(w, layer, op, weight)]
    return w.node("Gemm", names, f"{layer.outputs[0].name} float", layer.name, transB=1), "last"


def dilate(w: Writer, layer: Layer, op: ops.Dilate) -> None:
    """Nothing: the convolution of the spread map is written as ConvTranspose."""
    w.spread(layer.outputs[0], layer.inputs[0], op.steps)


def _conv(
    w: Writer, layer: Layer, op: ops.Conv2d | ops.Depthwise, weight: NDArray[np.int8], groups: int
) -> Result:
    """`weight` (Cout, Cin/groups, KH, KW)."""
    x = layer.inputs[0]
    source = w.spread_from(x)
    if source is not None:
        return _conv_transpose(w, layer, op, weight, groups, *source)
    names = [w.real(x, "first"), _weight(w, layer, op, weight), _bias(w, layer, op, weight)]
    name = w.node(
        "Conv",
        names,
        f"{layer.outputs[0].name} float",
        layer.name,
        kernel_shape=weight.shape[2:],
        strides=op.strides,
        pads=op.pads,
        dilations=op.dilations,
        group=groups,
    )
    return name, "first"


def _conv_transpose(
    w: Writer,
    layer: Layer,
    op: ops.Conv2d | ops.Depthwise,
    weight: NDArray[np.int8],
    groups: int,
    source: TensorInfo,
    steps: Sequence[int],
) -> Result:
    """The kernel turned back; pads beyond the kernel are output_padding."""
    cout, part, kh, kw = weight.shape
    spans = [d * (k - 1) for d, k in zip(op.dilations, (kh, kw), strict=True)]
    pads = [span - pad for span, pad in zip([*spans, *spans], op.pads, strict=True)]
    if min(pads[:2]) < 0 or tuple(op.strides) != (1, 1) or (groups > 1 and len(set(op.weight_scale)) > 1):
        raise ModelError(
            f"node {layer.name!r}: pads {op.pads} and strides {op.strides} in {groups} groups over a spread map cannot "
            "be written as ConvTranspose"
        )
    turned = weight[:, :, ::-1, ::-1].reshape(groups, cout // groups, part, kh, kw)
    value = turned.transpose(0, 2, 1, 3, 4).reshape(groups * part, cout // groups, kh, kw)
    scale = np.array(op.weight_scale[:1] if groups > 1 else op.weight_scale, np.float32)
    names = [
        w.real(source, "first"),
        w.dequantized(f"{layer.name} weight", value, scale, axis=1),
        _bias(w, layer, op, weight),
    ]
    name = w.node(
        "ConvTranspose",
        names,
        f"{layer.outputs[0].name} float",
        layer.name,
        kernel_shape=(kh, kw),
        strides=steps,
        pads=[max(0, pad) for pad in pads],
        output_padding=[max(0, -pad) for pad in pads[2:]],
        dilations=op.dilations,
        group=groups,
    )
    return name, "first"


def _weight(
    w: Writer, layer: Layer, op: ops.Conv2d | ops.Depthwise | ops.Linear, weight: NDArray[np.int8]
) -> str:
    """DequantizeLinear of the weights, output channels first."""
    return w.dequantized(f"{layer.name} weight", weight, np.array(op.weight_scale, np.float32))


def _bias(
    w: Writer, layer: Layer, op: ops.Conv2d | ops.Depthwise | ops.Linear, weight: NDArray[np.int8]
) -> str:
    """DequantizeLinear of the bias; the input zero point, which it holds, is taken out again."""
    bias = affine.unfolded(layer.constants["bias"], weight, op.input_zero_point)
    if np.abs(bias).max(initial=0) >= 2**31:
        raise ModelError(f"node {layer.name!r}: the bias does not fit int32")
    scale = np.array(op.weight_scale, np.float32).astype(np.float64)
    return w.dequantized(
        f"{layer.name} bias",
        bias.astype(np.int32),
        (layer.inputs[0].quant[0] * scale).astype(np.float32),
    )

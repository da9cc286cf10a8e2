"""CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED."""

from typing import Any

import numpy as np
import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.operators.padding import explicit
from nmcu.frontend.lower import affine
from nmcu.frontend.lower.shape import reshape


def conv_2d(c: Context) -> None:
    """Weights in the file: (Cout, KH, KW, Cin/groups)."""
    o = c.options(tflite.Conv2DOptions)
    x, block, weights = c.map().info, c.map().block, weights_of(c, axis=0)
    if weights.value.ndim != 4 or x.shape[-1] % max(1, weights.value.shape[3]):
        raise c.error(f"weights {weights.value.shape} do not fit input {x.shape}")
    geometry = _geometry(c, o, x.shape, weights.value.shape[1:3], block)
    groups = x.shape[3] // weights.value.shape[3]
    activation = c.activation(o.FusedActivationFunction())
    c.write(affine.conv(c.builder, c.name, x, c.y(), weights, geometry, groups, activation), block=block)


def depthwise_conv_2d(c: Context) -> None:
    """Weights in the file: (1, KH, KW, Cout)."""
    o = c.options(tflite.DepthwiseConv2DOptions)
    x, block, raw = c.map().info, c.map().block, weights_of(c, axis=3)
    if raw.value.ndim != 4 or raw.value.shape[0] != 1 or raw.value.shape[3] % x.shape[-1]:
        raise c.error(f"weights {raw.value.shape} do not fit input {x.shape}")
    multiplier = raw.value.shape[3] // x.shape[-1]
    if o.DepthMultiplier() not in (0, multiplier):  # 0: the schema's default
        raise c.error(
            f"its depth multiplier is {o.DepthMultiplier()}, weights of {raw.value.shape[3]} channels for a map of "
            f"{x.shape[-1]} need {multiplier}"
        )
    filters = np.ascontiguousarray(raw.value.transpose(3, 1, 2, 0))
    geometry = _geometry(c, o, x.shape, filters.shape[1:3], block)
    weights = affine.Weights(filters, raw.scale, raw.bias)
    activation = c.activation(o.FusedActivationFunction())
    made = affine.conv(c.builder, c.name, x, c.y(), weights, geometry, x.shape[-1], activation)
    c.write(made, block=block)


def transpose_conv(c: Context) -> None:
    """Inputs: output shape, weights (Cout, KH, KW, Cin), map, optional bias."""
    o = c.options(tflite.TransposeConvOptions)
    x, weights, size = c.x(2), weights_of(c, axis=0, bias_at=3), c.ints(0)
    if weights.value.ndim != 4 or len(x.shape) != 4 or len(size) != 4 or weights.value.shape[3] != x.shape[3]:
        raise c.error(f"weights {weights.value.shape} and output {size} do not fit input {x.shape}")
    kernel, strides = weights.value.shape[1:3], (o.StrideH(), o.StrideW())
    # The forward convolution's padding: the gradient of that convolution is this operator.
    pads = explicit(c, o.Padding(), size[1:3], kernel, strides)
    extra = [
        size[1 + i] - ((x.shape[1 + i] - 1) * strides[i] + kernel[i] - pads[i] - pads[i + 2]) for i in (0, 1)
    ]
    geometry = affine.Geometry(strides, pads)
    activation = c.activation(o.FusedActivationFunction())
    y = affine.conv_transpose(
        c.builder, c.name, x, c.y(), weights, geometry, (extra[0], extra[1]), 1, activation
    )
    c.write(y)


def fully_connected(c: Context) -> None:
    """Weights in the file: (Cout, Cin); leading axes of the input are flattened."""
    o = c.options(tflite.FullyConnectedOptions)
    if o.WeightsFormat() != 0:
        raise c.error("shuffled weights are not supported; supported: the default format")
    x, weights = c.x(), weights_of(c, axis=0)
    if weights.value.ndim != 2 or x.size % weights.value.shape[1]:
        raise c.error(f"weights {weights.value.shape} do not fit input {x.shape}")
    tokens = x.size // weights.value.shape[1]
    x = reshape(c.builder, f"{c.name} flatten", x, (tokens, weights.value.shape[1]), f"{x.name} flat")
    activation = c.activation(o.FusedActivationFunction())
    y = affine.linear(c.builder, c.name, x, c.y(), weights, activation)
    shape = c.device_shape()
    c.write(reshape(c.builder, f"{c.name} reshape", y, shape, f"{y.name} rows"))


def weights_of(c: Context, axis: int, bias_at: int = 2) -> affine.Weights:
    """Input 1 (weights as int8 with zero point 0, output channels along `axis`) and the optional int32 bias."""
    tensor = c.tensor(1)
    if tensor.dtype in ("int4", "int2"):
        raise c.error(
            f"has {tensor.dtype} weights {tensor.name!r}; supported: int8; convert with 8-bit weights"
        )
    value = c.codes(1)
    if value.ndim <= axis or tensor.scale.size not in (1, value.shape[axis]):
        raise c.error(
            f"weights of shape {value.shape} have {tensor.scale.size} scales; one or one per channel"
        )
    if tensor.scale.size > 1 and tensor.axis != axis:
        raise c.error(f"weights are quantised along axis {tensor.axis}; supported: the output channels")
    zero = tensor.zero_point - (128 if tensor.dtype == "uint8" else 0)
    if zero.size not in (0, 1, value.shape[axis]):
        raise c.error(f"weights of shape {value.shape} have {zero.size} zero points; one or one per channel")
    value = affine.centred(value, zero, axis, c.error)
    bias = c.constant(bias_at, "int32", "int64") if c.has(bias_at) else None
    if bias is not None and bias.shape != (value.shape[axis],):
        raise c.error(f"the bias has shape {bias.shape}, must have ({value.shape[axis]},)")
    return affine.Weights(value, tensor.scale, bias)


def _geometry(
    c: Context, o: Any, shape: tuple[int, ...], kernel: tuple[int, ...], block: tuple[int, int]
) -> affine.Geometry:
    """On a map that is spread by `block`, the steps between batches are dilations and paddings of the whole map."""
    if len(shape) != 4:
        raise c.error(f"input has shape {shape}; supported: (1, height, width, channels)")
    strides, dilations = (o.StrideH(), o.StrideW()), (o.DilationHFactor(), o.DilationWFactor())
    if block != (1, 1) and strides != (1, 1):
        raise c.error(f"has strides {strides} between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND; supported: 1")
    rows, columns = block
    size = (shape[1] // rows, shape[2] // columns)
    top, left, bottom, right = explicit(c, o.Padding(), size, kernel, strides, dilations)
    pads = (top * rows, left * columns, bottom * rows, right * columns)
    return affine.Geometry(strides, pads, (dilations[0] * rows, dilations[1] * columns))

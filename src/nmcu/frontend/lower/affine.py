"""Convolution (dense, grouped, depthwise) and linear layers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend.lower import clamp
from nmcu.graph import Builder, TensorInfo, ops


@dataclass(frozen=True)
class Weights:
    """Quantised weights and bias of one layer.

    value: int8, (Cout, KH, KW, Cin/groups) or (Cout, Cin); scale: (Cout,) or (1,) float32; bias: (Cout,)
    integers at scale `s_x * scale[c]`, or None.
    """

    value: NDArray[np.int8]
    scale: NDArray[Any]
    bias: NDArray[Any] | None


def centred(
    value: NDArray[np.int8], zero: NDArray[np.int64], axis: int, error: Callable[[str], ModelError]
) -> NDArray[np.int8]:
    """Weights with their zero points taken off, one or one for each of `axis`; raises `error` where they leave int8."""
    if not zero.any():
        return value
    shape = [1] * value.ndim
    if zero.size > 1:
        shape[axis] = -1
    differences = value - zero.reshape(shape)
    least, most = int(differences.min()), int(differences.max())
    if least < -128 or most > 127:
        raise error(
            f"has weights with a zero point other than 0, from which they differ by {least} to {most}; supported: "
            "-128 to 127; quantise the weights symmetrically, or to 7 bits"
        )
    return differences.astype(np.int8)


@dataclass(frozen=True)
class Geometry:
    """Strides (h, w), pads (top, left, bottom, right), dilations (h, w)."""

    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)


def conv(
    b: Builder,
    name: str,
    x: TensorInfo,
    y: TensorInfo,
    weights: Weights,
    geometry: Geometry,
    groups: int = 1,
    activation: clamp.Clamp = clamp.NONE,
) -> TensorInfo:
    """A convolution of `x` (1, H, W, Cin); depthwise where each channel has one filter of its own."""
    if weights.value.ndim != 4 or len(x.shape) != 4:
        raise ModelError(
            f"node {name!r}: a convolution of input {x.shape} with weights {weights.value.shape} is not supported; "
            "2-D convolutions are"
        )
    _check_scale(name, weights.scale)
    cout, kh, kw, cin = weights.value.shape
    lo, hi = activation.bounds(y) if y.dtype == "int8" else (-128, 127)
    options = {"strides": geometry.strides, "pads": geometry.pads, "dilations": geometry.dilations}
    op: ops.Op
    if groups > 1 and y.dtype != "int8":
        raise ModelError(
            f"node {name!r}: a {'depthwise' if cin == 1 else 'grouped'} convolution whose float result is used as it "
            "is; supported: one of a single group; quantise its output"
        )
    if groups == cout == x.shape[3] and cin == 1 and cout > 1:
        filters = np.ascontiguousarray(weights.value.reshape(cout, kh, kw).transpose(1, 2, 0))
        op, constants = ops.Depthwise.build(
            name, x, y, filters, weights.scale, weights.bias, lo=lo, hi=hi, **options
        )
    else:
        op, constants = ops.Conv2d.build(
            name, x, y, weights.value, weights.scale, weights.bias, groups=groups, lo=lo, hi=hi, **options
        )
    return b.add(name, op, [x], [y], constants)[0]


def conv_add(
    name: str,
    x: TensorInfo,
    residual: TensorInfo,
    y: TensorInfo,
    weights: Weights,
    geometry: Geometry,
    signs: tuple[int, int],
    activation: clamp.Clamp = clamp.NONE,
) -> tuple[ops.ConvAdd, dict[str, NDArray[Any]]] | None:
    """Operator and constants of a convolution whose real result, times `signs[0]`, is added to `residual` times
    `signs[1]`; None where its 16 bits are too few for that. `x` and `residual` give scales and zero points only."""
    _check_scale(name, weights.scale)
    lo, hi = activation.bounds(y)
    return ops.ConvAdd.of_real(
        name,
        x,
        residual,
        y,
        weights.value,
        weights.scale,
        weights.bias,
        signs=signs,
        strides=geometry.strides,
        pads=geometry.pads,
        dilations=geometry.dilations,
        lo=lo,
        hi=hi,
    )


def conv_transpose(
    b: Builder,
    name: str,
    x: TensorInfo,
    y: TensorInfo,
    weights: Weights,
    geometry: Geometry,
    extra: tuple[int, int] = (0, 0),
    groups: int = 1,
    activation: clamp.Clamp = clamp.NONE,
) -> TensorInfo:
    """A transposed convolution, as the spread map convolved with the kernel turned by 180 degrees.

    `weights.value` is (Cout, KH, KW, Cin/groups) as the forward convolution of the spread map would have it
    before turning; `geometry.pads` shrink the output, `extra` grows it at the bottom and the right.
    """
    spans = [d * (k - 1) for d, k in zip(geometry.dilations, weights.value.shape[1:3], strict=True)]
    top, left, bottom, right = geometry.pads
    pads = (spans[0] - top, spans[1] - left, spans[0] - bottom + extra[0], spans[1] - right + extra[1])
    if min(pads) < 0:
        raise ModelError(f"node {name!r}: pads {geometry.pads} exceed the kernel, which is not supported")
    if geometry.strides != (1, 1):
        op = ops.Dilate(steps=geometry.strides, value=x.quant[1])
        spread = TensorInfo(f"{x.name} spread", (), scale=x.scale, zero_point=x.zero_point)
        x = b.add(f"{name} spread", op, [x], [spread])[0]
    turned = Weights(np.ascontiguousarray(weights.value[:, ::-1, ::-1]), weights.scale, weights.bias)
    forward = Geometry(pads=pads, dilations=geometry.dilations)
    return conv(b, name, x, y, turned, forward, groups, activation)


def linear(
    b: Builder,
    name: str,
    x: TensorInfo,
    y: TensorInfo,
    weights: Weights,
    activation: clamp.Clamp = clamp.NONE,
) -> TensorInfo:
    """A fully connected layer on `x` (T, Cin)."""
    _check_scale(name, weights.scale)
    lo, hi = activation.bounds(y) if y.dtype == "int8" else (-128, 127)
    op, constants = ops.Linear.build(name, x, y, weights.value, weights.scale, weights.bias, lo=lo, hi=hi)
    return b.add(name, op, [x], [y], constants)[0]


def _check_scale(name: str, scale: NDArray[Any]) -> None:
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise ModelError(
            f"node {name!r}: weight scales must be positive and finite, found {float(np.min(scale))}"
        )

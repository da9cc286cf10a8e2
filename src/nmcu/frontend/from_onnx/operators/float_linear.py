"""Gemm and MatMul with constant weights in a float section: all products, then their sums."""

import math

import numpy as np

from nmcu.frontend.from_onnx import device, floats, layout
from nmcu.frontend.from_onnx.context import Array, Context
from nmcu.frontend.from_onnx.values import Const, Floats, QuantConst
from nmcu.frontend.lower import floats as lower
from nmcu.frontend.lower.shape import device_shape, reshape

MAX_PRODUCTS = 2**17
"""They all lie in memory at once, four bytes each: such a layer is a small network's classifier."""


def gemm(c: Context) -> None:
    """`alpha * A @ B + beta * C` with constant B and C, for few products."""
    if c.integer("transA", 0) == 1:
        raise c.error("transposes its input in a float section, which is not supported")
    weights = _weights(c)
    matrix = weights if c.integer("transB", 0) == 1 else weights.T
    bias = c.constant(2).astype(np.float64) * c.attribute("beta", 1.0) if c.has(2) else None
    _linear(c, matrix * c.attribute("alpha", 1.0), bias)


def matmul(c: Context) -> None:
    """`A @ B` with constant B, for few products."""
    _linear(c, _weights(c).T, None)


def _weights(c: Context) -> Array:
    if not isinstance(c.value(1), Const | QuantConst):
        raise c.error("multiplies two activations in a float section, which is not supported")
    array = c.constant(1)
    if array.ndim != 2 or array.dtype.kind != "f":
        raise c.error(f"has weights of type {array.dtype} and shape {array.shape} in a float section")
    return array.astype(np.float64)


def _linear(c: Context, matrix: Array, bias: Array | None) -> None:
    """Weights `matrix` (Cout, Cin) on the last axis of input 0."""
    b, name, x = c.builder, c.node.name, floats.input_(c, 0)
    (cout, cin), rows = matrix.shape, math.prod(x.shape[:-1])
    if not x.shape or x.shape[-1] != cin:
        raise c.error(f"weights for {cin} inputs do not fit input {x.shape}")
    if rows * cout * cin > MAX_PRODUCTS:
        raise c.error(
            f"multiplies in float, {rows * cout * cin:,} times; supported: {MAX_PRODUCTS:,} times in a float section; "
            "quantise its input and weights"
        )
    tensor = device.conform(c, x, layout.identity(len(x.shape)))
    each = reshape(b, f"{name} in", tensor, (rows, 1, cin), f"{tensor.name} rows")
    weights = lower.constant(b, f"{name} weights", matrix[np.newaxis])
    made = lower.rows(b, name, "sum", lower.pair(b, f"{name} products", "mul", each, weights), (2,))
    made = reshape(b, f"{name} rows", made, (rows, cout), f"{made.name} rows")
    if bias is not None:
        other = lower.constant(
            b, f"{name} bias", np.broadcast_to(bias, (1, cout) if bias.ndim < 2 else bias.shape)
        )
        made = lower.pair(b, f"{name} sum", "add", made, other)
    shape = (*x.shape[:-1], cout)
    wanted = device_shape(shape)
    made = reshape(b, f"{name} out", made, wanted, f"{made.name} out")
    c.write(Floats(made, shape, layout.identity(len(shape))))

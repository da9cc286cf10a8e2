"""AVERAGE_POOL_2D, MAX_POOL_2D, MEAN."""

import math
from typing import Any

import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.operators.padding import explicit
from nmcu.frontend.lower import pool
from nmcu.frontend.lower.elementwise import clip, requantize
from nmcu.frontend.lower.shape import device_axis, named, reshape
from nmcu.graph import TensorInfo


def average_pool_2d(c: Context) -> None:
    """Padding does not count; the scale stays."""
    x, o = _map(c), c.options(tflite.Pool2DOptions)
    c.check_same(x)
    kernel, strides, pads = _window(c, x, o)
    activation = c.activation(o.FusedActivationFunction())
    c.write(pool.average(c.builder, c.name, x, c.y(), kernel, strides, pads, activation))


def max_pool_2d(c: Context) -> None:
    """The scale stays."""
    x, o = _map(c), c.options(tflite.Pool2DOptions)
    kernel, strides, pads = _window(c, x, o)
    activation = c.activation(o.FusedActivationFunction())
    pooled = pool.maximum(c.builder, c.name, x, named(x, c.y().name), kernel, strides, pads)
    c.write_copy(clip(c.builder, f"{c.name} clip", pooled, activation))


def mean(c: Context) -> None:
    """Mean over axes that follow each other; those of size 1 do not count, and without any values stay."""
    old, x, given = c.tensor(0).shape, c.x(), c.ints(1)
    if any(not -len(old) <= a < len(old) for a in given):
        raise c.error(f"axes {given} do not exist in shape {old}")
    axes = sorted({device_axis(a, old) for a in given if old[a] != 1})
    if not axes:
        y = requantize(c.builder, c.name, x, c.y())
        c.write(reshape(c.builder, f"{c.name} reshape", y, c.device_shape(), f"{y.name} flat"))
        return
    if any(x.shape[a] != 1 for a in range(axes[0], axes[-1] + 1) if a not in axes):
        raise c.error(
            f"a mean over axes {given} of shape {old} is not supported; supported: one or more neighbouring axes"
        )
    if (len(x.shape), axes) != (4, [1, 2]):
        outer, inner = math.prod(x.shape[: axes[0]]), math.prod(x.shape[axes[-1] + 1 :])
        folded = (1, outer, x.size // (outer * inner), inner)
        x = reshape(c.builder, f"{c.name} in", x, folded, f"{x.name} folded")
        y = pool.average(c.builder, c.name, x, c.y(), (1, folded[2]), (1, 1))
    else:
        y = pool.global_average(c.builder, c.name, x, c.y())
    c.write(reshape(c.builder, f"{c.name} reshape", y, c.device_shape(), f"{y.name} flat"))


def _map(c: Context) -> TensorInfo:
    x = c.x()
    if len(x.shape) != 4:
        raise c.error(f"input has shape {x.shape}; supported: (1, height, width, channels)")
    return x


def _window(c: Context, x: TensorInfo, o: Any) -> tuple[pool.Pair, pool.Pair, pool.Pads]:
    kernel, strides = (o.FilterHeight(), o.FilterWidth()), (o.StrideH(), o.StrideW())
    return kernel, strides, explicit(c, o.Padding(), x.shape[1:3], kernel, strides)

"""AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, SUM, REDUCE_MAX, REDUCE_MIN."""

from typing import Any

import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.operators.padding import explicit
from nmcu.frontend.lower import pool
from nmcu.frontend.lower.elementwise import clip, requantize
from nmcu.frontend.lower.shape import named, reshape
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
    """Mean over any axes; without any values stay."""
    _reduced(c, "mean")


def sum_(c: Context) -> None:
    """Sum over any axes, saturated, where the reference kernel of LiteRT 2.3.0 wraps around."""
    _reduced(c, "sum")


def reduce_max(c: Context) -> None:
    """The largest value over any axes; the scale stays."""
    _reduced(c, "max")


def reduce_min(c: Context) -> None:
    """The smallest value over any axes; the scale stays."""
    _reduced(c, "min")


def _reduced(c: Context, how: pool.Reduction) -> None:
    old, x, y, given = c.tensor(0).shape, c.x(), c.y(), c.ints(1)
    if any(not -len(old) <= a < len(old) for a in given):
        raise c.error(f"axes {given} do not exist in shape {old}")
    if how in ("max", "min"):
        c.check_same(x)
    axes = {a % len(old) for a in given}
    if all(old[a] == 1 for a in axes):
        made = requantize(c.builder, c.name, x, y)
    else:
        made = pool.reduce(c.builder, c.name, x, old, axes, y, how)
        made = requantize(c.builder, f"{c.name} scale", made, y)
    c.write(reshape(c.builder, f"{c.name} reshape", made, c.device_shape(), f"{y.name} flat"))


def _map(c: Context) -> TensorInfo:
    x = c.x()
    if len(x.shape) != 4:
        raise c.error(f"input has shape {x.shape}; supported: (1, height, width, channels)")
    return x


def _window(c: Context, x: TensorInfo, o: Any) -> tuple[pool.Pair, pool.Pair, pool.Pads]:
    kernel, strides = (o.FilterHeight(), o.FilterWidth()), (o.StrideH(), o.StrideW())
    return kernel, strides, explicit(c, o.Padding(), x.shape[1:3], kernel, strides)

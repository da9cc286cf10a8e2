"""Concat, Slice and Split."""

import dataclasses
import math

import numpy as np

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Shape
from nmcu.frontend.from_onnx.operators.binary import constant_tensor
from nmcu.frontend.from_onnx.values import Const, Pending, QuantConst, Real
from nmcu.frontend.lower import shape as lower
from nmcu.frontend.lower.clamp import Clamp
from nmcu.frontend.lower.elementwise import clip
from nmcu.graph import TensorInfo


def concat(c: Context) -> None:
    """Each part is brought to the scale of the result."""
    parts = [device.unflatten(c, _part(c, i)) for i in range(len(c.node.inputs))]
    if not parts:
        raise c.error("has no inputs")
    first = parts[0].shape
    axis = c.axis(c.integer("axis", 0), len(first))
    for x in parts:
        same = len(x.shape) == len(first)
        if not same or any(d != e for a, (d, e) in enumerate(zip(x.shape, first, strict=True)) if a != axis):
            raise c.error(f"shapes {first} and {x.shape} differ outside axis {axis}")
    new = (*first[:axis], sum(x.shape[axis] for x in parts), *first[axis + 1 :])
    axes = layout.default(len(new)) if any(x.axes != parts[0].axes for x in parts) else parts[0].axes
    name = c.node.name

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        tensors = []
        for i, x in enumerate(parts):
            if x.values is not None:  # its functions and the scale of the result are one table
                own = dataclasses.replace(y, name=f"{y.name} part {i}")
                x = device.tabulate(c, x, own, f"{name} part {i}")
            full = layout.permuted(x.shape, axes)
            raised = lower.reshape(
                c.builder, f"{name} part {i}", device.conform(c, x, axes), full, f"{name} part {i}"
            )
            tensors.append(raised)
        made = lower.concat(c.builder, name, tensors, y, axes.index(axis))
        made = clip(c.builder, f"{name} clip", made, clamp)
        wanted = lower.device_shape(layout.permuted(new, axes))
        return Real(lower.reshape(c.builder, f"{name} shape", made, wanted, f"{y.name} shape"), new, axes)

    pending = Pending(name, c.node.op, new, emit)
    if len({x.tensor.quant for x in parts}) == 1 and all(x.values is None for x in parts):
        c.write(device.emit(c, pending, lower.named(parts[0].tensor, c.node.outputs[0])))
    else:
        c.write(pending)


def _part(c: Context, position: int) -> Real:
    value = c.value(position)
    return (
        constant_tensor(c, value, len(value.shape))
        if isinstance(value, Const | QuantConst)
        else c.real(position)
    )


def slice_(c: Context) -> None:
    """Constant ranges, backwards too."""
    old = tuple(c.value(0).shape)
    starts, ends = c.constant_ints(1), c.constant_ints(2)
    axes = c.constant_ints(3) if c.has(3) else tuple(range(len(starts)))
    steps = c.constant_ints(4) if c.has(4) else (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise c.error(
            f"starts {starts}, ends {ends}, axes {axes}, steps {steps}: lengths differ or a step is 0"
        )
    first, step, count = [0] * len(old), [1] * len(old), list(old)
    for start, end, axis, stride in zip(starts, ends, axes, steps, strict=True):
        a = c.axis(axis, len(old))
        low, high, _ = slice(start, end, stride).indices(old[a])
        first[a], step[a], count[a] = low, stride, max(0, -((low - high) // stride))
    cut(c, 0, tuple(first), tuple(step), tuple(count), c.node.name)


def split(c: Context) -> None:
    """Equal parts, or the given sizes."""
    old = tuple(c.value(0).shape)
    axis = c.axis(c.integer("axis", 0), len(old))
    outputs = len(c.node.outputs)
    if c.has(1):
        sizes = c.constant_ints(1)
    else:
        chunk = math.ceil(old[axis] / outputs)
        sizes = tuple(min(chunk, old[axis] - chunk * i) for i in range(outputs))
    if len(sizes) != outputs or sum(sizes) != old[axis] or min(sizes) < 1:
        raise c.error(f"sizes {sizes} for {outputs} outputs do not fit axis {axis} of {old}")
    start = 0
    for i, size in enumerate(sizes):
        first = tuple(start if a == axis else 0 for a in range(len(old)))
        count = tuple(size if a == axis else d for a, d in enumerate(old))
        cut(c, i, first, (1,) * len(old), count, f"{c.node.name} {i}" if i else c.node.name)
        start += size


def cut(c: Context, position: int, first: Shape, step: Shape, count: Shape, name: str) -> None:
    """Write output `position`: `count[a]` elements of input 0 along each axis a, from `first[a]` on by `step[a]`."""
    if min(count, default=1) < 1:
        raise c.error("takes an empty slice")
    output = c.node.outputs[position]

    def move(given: Real) -> Real:
        value = device.unflatten(c, given)
        axes = value.axes
        full = layout.permuted(value.shape, axes)
        x = lower.reshape(c.builder, f"{name} in", value.tensor, full, f"{output} in")
        starts, steps, shape = (layout.permuted(s, axes) for s in (first, step, count))
        made = lower.cut(c.builder, name, x, starts, steps, shape, output)
        wanted = lower.device_shape(shape)
        result = lower.reshape(c.builder, f"{name} out", made, wanted, f"{output} out")
        part = dataclasses.replace(value, tensor=result, shape=count, axes=axes)
        if value.values is None or value.values.ndim == 1:
            return part
        kept = starts[-1] + steps[-1] * np.arange(shape[-1])
        return dataclasses.replace(part, values=value.values[kept], singles=value.single()[kept])

    device.move(c, 0, count, move, position)

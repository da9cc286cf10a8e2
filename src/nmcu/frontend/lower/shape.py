"""Operators that move or rename data."""

import dataclasses

from nmcu.frontend.lower.elementwise import requantize
from nmcu.graph import Builder, TensorInfo, ops

Shape = tuple[int, ...]


def device_shape(shape: Shape) -> Shape:
    """A model's shape as the device has it: rank 4 and 2 stay, (1, T, C) is (T, C), (C,) is (1, C)."""
    if len(shape) == 3 and shape[0] == 1:
        return shape[1:]
    if len(shape) < 2:
        return (1,) * (2 - len(shape)) + shape
    return shape


def device_axis(axis: int, shape: Shape) -> int:
    """The axis of `device_shape(shape)` that is `axis` of `shape`; negative axes count from the end."""
    axis = axis + len(shape) if axis < 0 else axis
    return axis + len(device_shape(shape)) - len(shape)


def named(x: TensorInfo, name: str) -> TensorInfo:
    """An output specification called `name` with the quantisation of `x`."""
    return dataclasses.replace(x, name=name, shape=())


def reshape(b: Builder, name: str, x: TensorInfo, shape: Shape, output: str) -> TensorInfo:
    """`x` as `shape` (device); `x` itself where it already has it."""
    if x.shape == shape:
        return x
    return b.add(name, ops.Reshape(shape=shape), [x], [named(x, output)])[0]


def pad(
    b: Builder, name: str, x: TensorInfo, before: Shape, after: Shape, value: int, output: str
) -> TensorInfo:
    """A border of the int8 `value` around `x`."""
    op = ops.Pad(before=before, after=after, value=value)
    return b.add(name, op, [x], [named(x, output)])[0]


def transpose(b: Builder, name: str, x: TensorInfo, perm: Shape, output: str) -> TensorInfo:
    """`x` with permuted axes; axes of size 1 move for free."""
    shape = tuple(x.shape[p] for p in perm)
    kept = [a for a, d in enumerate(x.shape) if d != 1]
    moved = tuple(kept.index(p) for p in perm if x.shape[p] != 1)
    if moved == tuple(range(len(kept))):
        return reshape(b, name, x, shape, output)
    compact = reshape(b, f"{name} in", x, tuple(x.shape[a] for a in kept), f"{output} in")
    data = b.add(name, ops.Transpose(perm=moved), [compact], [named(x, f"{output} data")])[0]
    return reshape(b, f"{name} out", data, shape, output)


def concat(b: Builder, name: str, parts: list[TensorInfo], y: TensorInfo, axis: int) -> TensorInfo:
    """`parts` one after the other, each first brought to the quantisation of `y`."""
    same = [
        requantize(b, f"{name} input {i}", x, dataclasses.replace(y, name=f"{x.name} as {y.name}", shape=()))
        for i, x in enumerate(parts)
    ]
    return b.add(name, ops.Concat(axis=axis), same, [y])[0]


def cut(
    b: Builder, name: str, x: TensorInfo, starts: Shape, steps: Shape, shape: Shape, output: str
) -> TensorInfo:
    """A slice of `x`; `x` itself where it is all of it."""
    if shape == x.shape:
        return x
    op = ops.Slice(starts=starts, steps=steps, shape=shape)
    return b.add(name, op, [x], [named(x, output)])[0]

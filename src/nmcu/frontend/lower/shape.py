"""Operators that move or rename data."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

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
    if shape == x.shape and all(step == 1 or size == 1 for step, size in zip(steps, shape, strict=True)):
        return x
    op = ops.Slice(starts=starts, steps=steps, shape=shape)
    return b.add(name, op, [x], [named(x, output)])[0]


def take(b: Builder, name: str, x: TensorInfo, axis: int, indices: Sequence[int], output: str) -> TensorInfo:
    """Elements `indices` of one axis of `x`: a slice where they are evenly spaced."""
    steps = {j - i for i, j in itertools.pairwise(indices)}
    if len(steps) > 1:
        constants = {"indices": np.array(indices, np.int32)}
        return b.add(name, ops.Gather(axis=axis), [x], [named(x, output)], constants)[0]
    starts = tuple(indices[0] if a == axis else 0 for a in range(len(x.shape)))
    every = tuple(next(iter(steps), 1) if a == axis else 1 for a in range(len(x.shape)))
    shape = (*x.shape[:axis], len(indices), *x.shape[axis + 1 :])
    return cut(b, name, x, starts, every, shape, output)


def broadcast(b: Builder, name: str, x: TensorInfo, shape: Shape, output: str) -> TensorInfo:
    """`x` repeated to `shape`, which it broadcasts to as in NumPy."""
    full = reshape(b, f"{name} in", x, (1,) * (len(shape) - len(x.shape)) + x.shape, f"{output} in")
    steps = tuple(int(d == e) for d, e in zip(full.shape, shape, strict=True))
    return cut(b, name, full, (0,) * len(shape), steps, shape, output)


def tile(b: Builder, name: str, x: TensorInfo, times: Sequence[int], output: str) -> TensorInfo:
    """`x` again and again along each axis."""
    apart = tuple(d for size in x.shape for d in (1, size))
    wide = tuple(d for pair in zip(times, x.shape, strict=True) for d in pair)
    full = reshape(b, f"{name} apart", x, apart, f"{output} apart")
    made = broadcast(b, name, full, wide, f"{output} wide")
    shape = tuple(n * size for n, size in zip(times, x.shape, strict=True))
    return reshape(b, f"{name} out", made, shape, output)


def mirrored(before: int, size: int, after: int, edge: bool) -> list[int]:
    """The elements of an axis of `size` with so many more mirrored before and after it, with its `edge` or without."""
    period = max(1, 2 * size if edge else 2 * (size - 1))
    places = [i % period for i in range(-before, size + after)]
    return [i if i < size else period - i - int(edge) for i in places]


def to_depth(b: Builder, name: str, x: TensorInfo, block: tuple[int, int], output: str) -> TensorInfo:
    """Blocks of a map (N, H, W, C) as channels: row in the block, column, then channel."""
    n, height, width, channels = x.shape
    (rows, columns), (p, q) = block, (height // block[0], width // block[1])
    apart = reshape(b, f"{name} apart", x, (n, p, rows, q, columns, channels), f"{output} apart")
    moved = transpose(b, name, apart, (0, 1, 3, 2, 4, 5), f"{output} moved")
    return reshape(b, f"{name} out", moved, (n, p, q, rows * columns * channels), output)


def to_space(
    b: Builder, name: str, x: TensorInfo, block: tuple[int, int], output: str, *, last: bool = False
) -> TensorInfo:
    """Channels of a map as blocks: the inverse of `to_depth`; `last`: the places in a block are the last of a channel's
    digits, not the first."""
    n, p, q, channels = x.shape
    rows, columns = block
    rest = channels // (rows * columns)
    parts = (n, p, q, *((rest, rows, columns) if last else (rows, columns, rest)))
    apart = reshape(b, f"{name} apart", x, parts, f"{output} apart")
    perm = (0, 1, 4, 2, 5, 3) if last else (0, 1, 3, 2, 4, 5)
    moved = transpose(b, name, apart, perm, f"{output} moved")
    return reshape(b, f"{name} out", moved, (n, p * rows, q * columns, rest), output)

"""GATHER, GATHER_ND, TILE, BROADCAST_TO, MIRROR_PAD, REVERSE_V2, SPACE_TO_DEPTH, DEPTH_TO_SPACE."""

import math
from collections.abc import Sequence

import numpy as np
import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import shape
from nmcu.graph import TensorInfo


def gather(c: Context) -> None:
    """Constant indices along one axis."""
    o = c.options(tflite.GatherOptions)
    old, index = c.tensor(0).shape, c.constant(1, "int16", "int32", "int64").astype(np.int64)
    axis, given = _axis(c, o.Axis(), old), o.BatchDims()
    batch = given + index.ndim if given < 0 else given
    if not 0 <= batch <= min(index.ndim, axis):
        raise c.error(f"batch_dims {given} does not fit indices of shape {index.shape} along axis {axis}")
    if math.prod(index.shape[:batch]) != 1:
        raise c.error(f"gathers in batches {index.shape[:batch]}; supported: one batch")
    _check_indices(c, index, old[axis])
    whole = _whole(c)
    _write(c, shape.take(c.builder, c.name, whole, axis, index.reshape(-1).tolist(), c.y().name))


def gather_nd(c: Context) -> None:
    """Constant indices into the first axes."""
    old, index = c.tensor(0).shape, c.constant(1, "int16", "int32", "int64").astype(np.int64)
    depth = index.shape[-1] if index.ndim else 0
    if not 1 <= depth <= len(old):
        raise c.error(f"has indices of shape {index.shape} into shape {old}")
    columns = index.reshape(-1, depth).T
    for column, size in zip(columns, old, strict=False):
        _check_indices(c, column, size)
    steps = np.array([math.prod(old[a + 1 : depth]) for a in range(depth)])
    flat = (index.reshape(-1, depth) @ steps).tolist()
    rows = (math.prod(old[:depth]), math.prod(old[depth:]))
    x = shape.reshape(c.builder, f"{c.name} in", c.x(), rows, f"{c.y().name} in")
    _write(c, shape.take(c.builder, c.name, x, 0, flat, c.y().name))


def tile(c: Context) -> None:
    """Again and again along each axis."""
    old, times = c.tensor(0).shape, c.ints(1)
    if len(times) != len(old) or min(times, default=1) < 1:
        raise c.error(f"repeats shape {old} {times} times; supported: once and more, for each axis")
    _write(c, shape.tile(c.builder, c.name, _whole(c), times, c.y().name))


def broadcast_to(c: Context) -> None:
    """To a constant shape."""
    old, new = c.tensor(0).shape, c.ints(1)
    if len(new) < len(old) or any(d not in (1, e) for d, e in zip(old[::-1], new[::-1], strict=False)):
        raise c.error(f"broadcasts {old} to {new}, which does not fit")
    _write(c, shape.broadcast(c.builder, c.name, _whole(c), new, c.y().name))


def mirror_pad(c: Context) -> None:
    """REFLECT and SYMMETRIC."""
    edge = c.options(tflite.MirrorPadOptions).Mode() == tflite.MirrorPadMode.SYMMETRIC
    old, pairs, x = c.tensor(0).shape, c.ints(1), _whole(c)
    most = [size - (0 if edge else 1) for size in old for _ in "ab"]
    if len(pairs) != 2 * len(old) or any(not 0 <= p <= m for p, m in zip(pairs, most, strict=True)):
        raise c.error(f"paddings {pairs} do not fit shape {old}")
    for axis, (before, after) in enumerate(zip(pairs[::2], pairs[1::2], strict=True)):
        indices = shape.mirrored(before, old[axis], after, edge)
        name = f"{c.name} {axis}"
        x = shape.take(c.builder, name, x, axis, indices, f"{c.y().name} {axis}")
    _write(c, x)


def reverse(c: Context) -> None:
    """Along constant axes."""
    old = c.tensor(0).shape
    axes = {_axis(c, a, old) for a in c.ints(1)}
    starts = tuple(d - 1 if a in axes else 0 for a, d in enumerate(old))
    steps = tuple(-1 if a in axes else 1 for a in range(len(old)))
    _write(c, shape.cut(c.builder, c.name, _whole(c), starts, steps, old, c.y().name))


def space_to_depth(c: Context) -> None:
    """Blocks of a map as channels."""
    block = c.options(tflite.SpaceToDepthOptions).BlockSize()
    x = _map(c)
    if block < 1 or x.shape[1] % block or x.shape[2] % block:
        raise c.error(f"blocks of {block} do not fit input {x.shape}")
    _write(c, shape.to_depth(c.builder, c.name, x, (block, block), c.y().name))


def depth_to_space(c: Context) -> None:
    """Channels as blocks of a map."""
    block = c.options(tflite.DepthToSpaceOptions).BlockSize()
    x = _map(c)
    if block < 1 or x.shape[3] % block**2:
        raise c.error(f"blocks of {block} do not fit input {x.shape}")
    _write(c, shape.to_space(c.builder, c.name, x, (block, block), c.y().name))


def _whole(c: Context) -> TensorInfo:
    """Input 0 in the shape it has in the file."""
    return shape.reshape(c.builder, f"{c.name} in", c.x(), c.tensor(0).shape, f"{c.y().name} in")


def _map(c: Context) -> TensorInfo:
    x = c.x()
    if len(x.shape) != 4:
        raise c.error(f"input has shape {x.shape}; supported: (batch, height, width, channels)")
    return x


def _write(c: Context, made: TensorInfo) -> None:
    """The output, with the file's own shape."""
    c.write_copy(shape.reshape(c.builder, f"{c.name} out", made, c.device_shape(), f"{c.y().name} out"))


def _axis(c: Context, axis: int, old: Sequence[int]) -> int:
    if not -len(old) <= axis < len(old):
        raise c.error(f"axis {axis} does not exist in shape {tuple(old)}")
    return axis % len(old)


def _check_indices(c: Context, index: np.ndarray, size: int) -> None:
    if not index.size or index.min() < 0 or index.max() >= size:
        raise c.error(f"has indices outside of an axis of {size}, or none")

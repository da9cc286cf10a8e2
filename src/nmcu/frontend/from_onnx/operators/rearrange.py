"""Elements picked, repeated, rearranged: Expand, Tile, DepthToSpace, SpaceToDepth, lists of indices, mirrored pads."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Shape
from nmcu.frontend.from_onnx.values import Real
from nmcu.frontend.lower import shape as lower
from nmcu.graph import TensorInfo

Step = Callable[[TensorInfo, layout.Axes], TensorInfo]
"""From a tensor with all axes, in the device's order, to one with the result's."""


def expand(c: Context) -> None:
    """To a constant shape, with more axes too."""
    old, wanted = shape_of(c), c.constant_ints(1)
    rank = max(len(old), len(wanted))
    full, over = (1,) * (rank - len(old)) + old, (1,) * (rank - len(wanted)) + wanted
    if any(d != e and 1 not in (d, e) for d, e in zip(full, over, strict=True)) or min(over, default=1) < 1:
        raise c.error(f"expands {old} to {wanted}, which does not fit")
    new = tuple(max(d, e) for d, e in zip(full, over, strict=True))
    name = c.node.name

    def step(x: TensorInfo, axes: layout.Axes) -> TensorInfo:
        return lower.broadcast(c.builder, name, x, layout.permuted(new, axes), c.node.outputs[0])

    _move(c, new, step, full)


def tile(c: Context) -> None:
    """A constant number of times along each axis."""
    old, times = shape_of(c), c.constant_ints(1)
    if len(times) != len(old) or min(times, default=1) < 1:
        raise c.error(f"repeats shape {old} {times} times; supported: once and more, for each axis")
    new, name, output = tuple(d * n for d, n in zip(old, times, strict=True)), c.node.name, c.node.outputs[0]

    def step(x: TensorInfo, axes: layout.Axes) -> TensorInfo:
        return lower.tile(c.builder, name, x, layout.permuted(times, axes), output)

    _move(c, new, step)


def depth_to_space(c: Context) -> None:
    """Channels as blocks of a map, DCR and CRD (PixelShuffle)."""
    (batch, channels, height, width), block = _map(c), _block(c)
    mode = c.attribute("mode", "DCR")
    if channels % block**2 or mode not in ("DCR", "CRD"):
        raise c.error(f"blocks of {block} in mode {mode!r} do not fit {channels} channels")
    new, name, output = (
        (batch, channels // block**2, height * block, width * block),
        c.node.name,
        c.node.outputs[0],
    )

    def step(x: TensorInfo, axes: layout.Axes) -> TensorInfo:
        return lower.to_space(c.builder, name, x, (block, block), output, last=mode == "CRD")

    _move(c, new, step, axes=layout.CHANNELS_LAST)


def space_to_depth(c: Context) -> None:
    """Blocks of a map as channels."""
    (batch, channels, height, width), block = _map(c), _block(c)
    if height % block or width % block:
        raise c.error(f"blocks of {block} do not divide the map {(height, width)}")
    new, name, output = (
        (batch, channels * block**2, height // block, width // block),
        c.node.name,
        c.node.outputs[0],
    )

    def step(x: TensorInfo, axes: layout.Axes) -> TensorInfo:
        return lower.to_depth(c.builder, name, x, (block, block), output)

    _move(c, new, step, axes=layout.CHANNELS_LAST)


def take(c: Context, axis: int, indices: Sequence[int], new: Shape) -> None:
    """Elements `indices` of `axis`, then reshaped to `new`."""
    old, name, output = shape_of(c), c.node.name, c.node.outputs[0]
    picked = (*old[:axis], len(indices), *old[axis + 1 :])

    def step(x: TensorInfo, axes: layout.Axes) -> TensorInfo:
        return lower.take(c.builder, name, x, axes.index(axis), indices, output)

    _move(c, picked, step, then=new)


def mirror(c: Context, before: Sequence[int], after: Sequence[int], mode: str) -> None:
    """A border of the tensor's own elements: `reflect`, `edge` or `wrap`."""
    old, name, output = shape_of(c), c.node.name, c.node.outputs[0]
    for size, count in zip(old, map(max, before, after), strict=True):
        if mode == "reflect" and count >= size:
            raise c.error(f"reflects {count} of {size} elements; supported: fewer than there are")
    new = tuple(b + d + a for b, d, a in zip(before, old, after, strict=True))

    def step(x: TensorInfo, axes: layout.Axes) -> TensorInfo:
        for axis, size in enumerate(old):
            if before[axis] or after[axis]:
                places = np.arange(-before[axis], size + after[axis])
                if mode == "reflect":
                    indices = lower.mirrored(before[axis], size, after[axis], edge=False)
                else:
                    indices = (places.clip(0, size - 1) if mode == "edge" else places % size).tolist()
                place = axes.index(axis)
                x = lower.take(c.builder, f"{name} {axis}", x, place, indices, f"{output} {axis}")
        return x

    _move(c, new, step)


def _move(
    c: Context,
    new: Shape,
    step: Step,
    full: Shape | None = None,
    axes: layout.Axes | None = None,
    then: Shape | None = None,
) -> None:
    """Write the output: input 0, first reshaped to `full` and brought to the order `axes` where they are given, moved
    by `step` to model shape `new` and reshaped to `then`."""
    name, output = c.node.name, c.node.outputs[0]

    def moved(given: Real) -> Real:
        value = given if given.values is None or given.values.ndim == 1 else device.plain(c, given)
        value = device.unflatten(c, value)
        if full is not None and full != value.shape:
            value = device.reshaped(c, value, full, f"{name} axes")
        if axes is not None:
            value = dataclasses.replace(value, tensor=device.conform(c, value, axes), axes=axes)
        whole = layout.permuted(value.shape, value.axes)
        x = lower.reshape(c.builder, f"{name} in", value.tensor, whole, f"{output} in")
        wanted = lower.device_shape(layout.permuted(new, value.axes))
        made = lower.reshape(c.builder, f"{name} out", step(x, value.axes), wanted, f"{output} out")
        result = dataclasses.replace(value, tensor=made, shape=new)
        return result if then is None else device.reshaped(c, result, then, f"{name} reshape")

    device.move(c, 0, new if then is None else then, moved)


def shape_of(c: Context) -> Shape:
    """The model shape of input 0."""
    return tuple(int(d) for d in c.value(0).shape)


def _map(c: Context) -> Shape:
    found = shape_of(c)
    if len(found) != 4:
        raise c.error(f"input has shape {found}; supported: (1, channels, height, width)")
    return found


def _block(c: Context) -> int:
    block = c.integer("blocksize", 0)
    if block < 1:
        raise c.error(f"blocksize is {block}, must be at least 1")
    return block

"""CONCATENATION, SLICE, STRIDED_SLICE, SPLIT, SPLIT_V, TRANSPOSE, ARG_MAX, ARG_MIN."""

from collections.abc import Sequence

import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.strided import Masks, strided
from nmcu.frontend.lower import shape
from nmcu.frontend.lower import softmax as lower
from nmcu.frontend.lower.clamp import NONE
from nmcu.frontend.lower.shape import device_shape


def concatenation(c: Context) -> None:
    """Each part is brought to the scale of the result."""
    o = c.options(tflite.ConcatenationOptions)
    if c.activation(o.FusedActivationFunction()) != NONE:
        raise c.error("a fused activation is not supported for concatenation")
    old, axis, y = c.tensor(0).shape, o.Axis(), c.y()
    if not -len(old) <= axis < len(old):
        raise c.error(f"axis {axis} does not exist in shape {old}")
    parts = [
        shape.reshape(c.builder, f"{c.name} in {i}", c.operand(i), c.tensor(i).shape, f"{y.name} in {i}")
        for i in range(len(c.op.inputs))
    ]
    joined = shape.concat(c.builder, c.name, parts, y, axis % len(old))
    c.write(shape.reshape(c.builder, f"{c.name} out", joined, c.device_shape(), f"{y.name} out"))


def slice_(c: Context) -> None:
    """`begin` and `size`, -1 for the rest."""
    old, begin, size = c.tensor(0).shape, c.ints(1), c.ints(2)
    if not len(begin) == len(size) == len(old):
        raise c.error(f"begin {begin} and size {size} do not fit shape {old}")
    count = [d - b if s == -1 else s for d, b, s in zip(old, begin, size, strict=True)]
    _cut(c, 0, begin, (1,) * len(old), count)


def strided_slice(c: Context) -> None:
    """Any strides and masks of the schema."""
    o = c.options(tflite.StridedSliceOptions)
    old, begin, end, strides = c.tensor(0).shape, c.ints(1), c.ints(2), c.ints(3)
    if not len(begin) == len(end) == len(strides) or 0 in strides:
        raise c.error(f"begin {begin}, end {end} and strides {strides} do not fit shape {old}")
    masks = Masks.read(lambda field: int(getattr(o, field)()))
    found = strided(old, begin, end, strides, masks)
    if found is None:
        raise c.error(f"begin {begin}, end {end} and strides {strides} do not fit shape {old}")
    _cut(c, 0, *found)


def split(c: Context) -> None:
    """Equal parts along a constant axis."""
    old = c.tensor(1).shape
    axis, parts = c.ints(0)[0], len(c.op.outputs)
    axis = axis + len(old) if axis < 0 else axis
    if not 0 <= axis < len(old) or old[axis] % parts:
        raise c.error(f"axis {axis} of {old} does not split into {parts} equal parts")
    _split(c, 1, axis, [old[axis] // parts] * parts)


def split_v(c: Context) -> None:
    """Parts of given sizes."""
    old, sizes, axis = c.tensor(0).shape, list(c.ints(1)), c.ints(2)[0]
    axis = axis + len(old) if axis < 0 else axis
    if not 0 <= axis < len(old) or len(sizes) != len(c.op.outputs):
        raise c.error(f"sizes {sizes} along axis {axis} do not fit {old}")
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = old[axis] - sum(sizes) - 1
    _split(c, 0, axis, sizes)


def transpose(c: Context) -> None:
    """Any permutation."""
    old, perm = c.tensor(0).shape, c.ints(1)
    if sorted(perm) != list(range(len(old))):
        raise c.error(f"{perm} is not a permutation of the axes of {old}")
    x, y = c.x(), c.y()
    full = shape.reshape(c.builder, f"{c.name} in", x, old, f"{y.name} in")
    moved = shape.transpose(c.builder, c.name, full, perm, y.name)
    wanted = device_shape(tuple(old[p] for p in perm))
    c.write_copy(shape.reshape(c.builder, f"{c.name} out", moved, wanted, f"{y.name} out"))


def arg_max(c: Context) -> None:
    """Along one axis, as a model output."""
    _arg(c, smallest=False)


def arg_min(c: Context) -> None:
    """Along one axis, as a model output."""
    _arg(c, smallest=True)


def _arg(c: Context, smallest: bool) -> None:
    old, axes = c.tensor(0).shape, c.ints(1)
    if len(axes) != 1 or not -len(old) <= axes[0] < len(old):
        raise c.error(f"axis {axes} of {old} does not exist")
    if c.op.outputs[0] not in c.file.outputs:
        raise c.error("its indices are used inside the model; supported: as a model output")
    axis, name = axes[0] % len(old), c.file.tensors[c.op.outputs[0]].name
    x = c.x()
    if axis != len(old) - 1:
        full = shape.reshape(c.builder, f"{c.name} in", x, old, f"{name} in")
        order = (*(a for a in range(len(old)) if a != axis), axis)
        x = shape.transpose(c.builder, f"{c.name} order", full, order, f"{name} order")
    made = lower.arg_max(c.builder, c.name, x, f"{name}.device", smallest)
    c.hold(c.op.outputs[0], made)


def _split(c: Context, position: int, axis: int, sizes: Sequence[int]) -> None:
    old, start = c.tensor(position).shape, 0
    for i, size in enumerate(sizes):
        first = [start if a == axis else 0 for a in range(len(old))]
        count = [size if a == axis else d for a, d in enumerate(old)]
        _cut(c, position, first, [1] * len(old), count, i)
        start += size


def _cut(
    c: Context,
    position: int,
    first: Sequence[int],
    step: Sequence[int],
    count: Sequence[int],
    output: int = 0,
) -> None:
    x, y, old = c.x(position), c.y(output), c.tensor(position).shape
    if min(count, default=1) < 1:
        raise c.error("takes an empty slice")
    name = f"{c.name} {output}" if output else c.name
    full = shape.reshape(c.builder, f"{name} in", x, old, f"{y.name} in")
    made = shape.cut(c.builder, name, full, tuple(first), tuple(step), tuple(count), f"{y.name} cut")
    c.write_copy(
        shape.reshape(c.builder, f"{name} out", made, c.device_shape(output), f"{y.name} out"), output
    )

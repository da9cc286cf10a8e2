"""Steps whose variables last from run to run."""

import numpy as np

from nmcu.bench.differential.tflite.network import Activation, Network, Shape


def window(n: Network) -> None:
    """A variable joined to a tensor, part of which is its next value: a window that moves, or one that does not quite.

    It is cut before it is joined or after, and now and then read again when it is written.
    """
    x = n.any()
    axis = n.integer(0, len(x.shape) - 1)
    kept = _of_size(x.shape, axis, n.integer(1, 6))
    handle = n.model.variable(
        f"variable {len(n.model.tensors)}",
        n.numbers(kept).astype(np.int8).view(x.dtype),
        scale=x.scale,
        zero=x.zero,
    )
    old = n.model.op("READ_VARIABLE", [handle], [_same(n, x, kept)])
    cut = kept[axis] > 1 and n.chance(3)
    if cut:
        old = _cut(n, x, old, kept, axis, n.integer(1, kept[axis] - 1))
    parts = [old, x.index] if n.chance(2) else [x.index, old]
    joined = _of_size(x.shape, axis, n.model.tensors[old].shape[axis] + x.shape[axis])
    made = n.model.op("CONCATENATION", parts, [_same(n, x, joined)], "ConcatenationOptions", Axis=axis)
    if joined[axis] > kept[axis]:
        made = _cut(n, x, made, joined, axis, kept[axis])
    elif joined[axis] < kept[axis]:
        return
    n.model.op("ASSIGN_VARIABLE", [handle, made], [])
    if n.chance(4):
        n.model.op("READ_VARIABLE", [handle], [_same(n, x, kept)])


def _cut(n: Network, x: Activation, source: int, shape: Shape, axis: int, size: int) -> int:
    """`size` elements of `axis`: mostly the last or the first ones."""
    rest = shape[axis] - size
    first = n.choice((rest, 0, n.integer(0, rest)))
    begin = [first if a == axis else 0 for a in range(len(shape))]
    small = _of_size(shape, axis, size)
    return n.model.op("SLICE", [source, n.ints(begin), n.ints(small)], [n.like(x, small)], "SliceOptions")


def _same(n: Network, x: Activation, shape: Shape) -> int:
    """A tensor with the quantisation of `x`."""
    return n.result(shape, x.scale, x.zero, x.dtype)


def _of_size(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])

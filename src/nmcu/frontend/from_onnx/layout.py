"""Axis permutations: how a model's tensor lies on the device.

`axes` is a permutation of the model's axes in device order: device axis i holds model axis `axes[i]`. Axes of
size 1 can be moved without moving data.
"""

from collections.abc import Sequence

Axes = tuple[int, ...]
Shape = tuple[int, ...]

CHANNELS_LAST: Axes = (0, 2, 3, 1)


def identity(rank: int) -> Axes:
    """The model's own order."""
    return tuple(range(rank))


def default(rank: int) -> Axes:
    """The order that layers with channels work in: NHWC for an NCHW model, otherwise the model's own."""
    return CHANNELS_LAST if rank == 4 else identity(rank)


def inverse(axes: Axes) -> Axes:
    """The inverse permutation."""
    return tuple(axes.index(i) for i in range(len(axes)))


def permuted(shape: Shape, axes: Axes) -> Shape:
    """`shape` in device order."""
    return tuple(shape[a] for a in axes)


def significant(shape: Shape, axes: Sequence[int]) -> Axes:
    """`axes` without those of size 1: equal for two orders exactly if no data needs to move between them."""
    return tuple(a for a in axes if shape[a] != 1)


def transposed(axes: Axes, perm: Axes) -> Axes:
    """The order of `transpose(x, perm)` when the data of x stays where it is."""
    back = inverse(perm)
    return tuple(back[a] for a in axes)


def reshaped(shape: Shape, axes: Axes, new: Shape) -> Axes | None:
    """The order of `reshape(x, new)` when the data stays where it is; None where it would have to move.

    Both shapes are cut into the shortest groups of axes with equal products. The data can stay if the axes of
    each group follow each other on the device in the model's order.
    """
    order = significant(shape, axes)
    groups = _groups(shape, new)
    if groups is None:
        return None
    result: list[int] = []
    position = 0
    by_first = {old[0]: (old, fresh) for old, fresh in groups}
    while position < len(order):
        if order[position] not in by_first:
            return None
        old, fresh = by_first[order[position]]
        if order[position : position + len(old)] != old:
            return None
        position += len(old)
        result += fresh
    return _complete(tuple(result), new)


def _groups(shape: Shape, new: Shape) -> list[tuple[Axes, Axes]] | None:
    old_axes = [a for a, d in enumerate(shape) if d != 1]
    new_axes = [a for a, d in enumerate(new) if d != 1]
    groups: list[tuple[Axes, Axes]] = []
    i = j = 0
    while i < len(old_axes) and j < len(new_axes):
        first_i, first_j = i, j
        left, right = shape[old_axes[i]], new[new_axes[j]]
        i, j = i + 1, j + 1
        while left != right:
            if left < right:
                if i == len(old_axes):
                    return None
                left, i = left * shape[old_axes[i]], i + 1
            else:
                if j == len(new_axes):
                    return None
                right, j = right * new[new_axes[j]], j + 1
        groups.append((tuple(old_axes[first_i:i]), tuple(new_axes[first_j:j])))
    return groups if i == len(old_axes) and j == len(new_axes) else None


def _complete(order: Axes, shape: Shape) -> Axes:
    """A full permutation whose significant axes are `order`, the usual layouts first."""
    for candidate in (default(len(shape)), identity(len(shape))):
        if significant(shape, candidate) == order:
            return candidate
    return tuple(a for a in range(len(shape)) if shape[a] == 1) + order

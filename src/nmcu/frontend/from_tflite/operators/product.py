"""BATCH_MATMUL: with symmetric constants a linear layer, of two activations the products of attention."""

import math
from collections.abc import Sequence

import numpy as np
import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import affine, attention, shape
from nmcu.frontend.lower.clamp import NONE
from nmcu.graph import TensorInfo


def batch_matmul(c: Context) -> None:
    """Of two activations, or with a constant; batches broadcast."""
    o = c.options(tflite.BatchMatMulOptions)
    turns = bool(o.AdjX()), bool(o.AdjY())
    shapes = [c.tensor(i).shape for i in (0, 1)]
    if min(len(s) for s in shapes) < 2:
        raise c.error(f"multiplies {shapes[0]} and {shapes[1]}; at least two axes are needed")
    (rows, inner), (again, columns) = (_turned(s[-2:], t) for s, t in zip(shapes, turns, strict=True))
    try:
        batch = tuple(int(d) for d in np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2]))
    except ValueError:
        batch = ()
    if inner != again or math.prod(batch) != math.prod(c.file.tensors[c.op.outputs[0]].shape[:-2]):
        raise c.error(f"multiplies {shapes[0]} and {shapes[1]}, which do not fit each other")
    right = c.tensor(1)
    if right.data is not None and not right.zero_point.any() and math.prod(shapes[1][:-2]) == 1:
        made = _linear(c, turns)
    else:
        a, b = (_operand(c, i, batch) for i in (0, 1))
        made = _product(c, (a, b), turns, batch, (rows, columns))
    c.write(shape.reshape(c.builder, f"{c.name} out", made, c.device_shape(), f"{c.y().name} out"))


def _linear(c: Context, turns: tuple[bool, bool]) -> TensorInfo:
    """Input 0 times constant weights, the same for all batches."""
    values, scale = c.constant(1, "int8"), c.tensor(1).scale
    if scale.size != 1:
        raise c.error(f"has a constant with {scale.size} scales; supported: one")
    matrix = values.reshape(values.shape[-2:])
    weights = affine.Weights(np.ascontiguousarray(matrix if turns[1] else matrix.T), scale, None)
    x, old = c.x(), c.tensor(0).shape
    if turns[0]:
        whole = shape.reshape(c.builder, f"{c.name} in", x, old, f"{x.name} whole")
        x = shape.transpose(c.builder, f"{c.name} turn", whole, _swapped(len(old)), f"{x.name} turned")
    inner = weights.value.shape[1]
    x = shape.reshape(c.builder, f"{c.name} rows", x, (x.size // inner, inner), f"{x.name} rows")
    return affine.linear(c.builder, c.name, x, c.y(), weights)


def _product(
    c: Context,
    pair: tuple[TensorInfo, TensorInfo],
    turns: tuple[bool, bool],
    batch: tuple[int, ...],
    size: tuple[int, int],
) -> TensorInfo:
    """The product of `pair`, each (*batch, rows, columns) or with these turned: (*batch, *size), in any shape.

    One matrix with values as they are needs no transposition; several are heads, whose channels have to lie together.
    """
    heads, lead = math.prod(batch), tuple(range(len(batch)))
    first, last = len(batch), len(batch) + 1
    a, b = (_swapped(len(batch) + 2, turn) for turn in turns)
    if heads == 1 and not turns[1]:
        left = _matrix(c, 0, pair[0], a, heads * size[0])
        right = _matrix(c, 1, pair[1], b, pair[1].size // size[1])
        return attention.values(c.builder, c.name, (left, right), c.y(), heads, 1.0, NONE)
    left = _matrix(c, 0, pair[0], (a[first], *lead, a[last]), size[0])
    right = _matrix(c, 1, pair[1], (b[last], *lead, b[first]), size[1])
    return attention.scores(c.builder, c.name, (left, right), c.y(), heads, 1.0, NONE)


def _operand(c: Context, position: int, batch: tuple[int, ...]) -> TensorInfo:
    """Input `position` with all axes and as many batches as the result has."""
    x, old, name = c.operand(position), c.tensor(position).shape, f"{c.name} {position}"
    whole = shape.reshape(c.builder, f"{name} whole", x, old, f"{x.name} whole {position}")
    return shape.broadcast(c.builder, name, whole, (*batch, *old[-2:]), f"{x.name} batches {position}")


def _matrix(c: Context, position: int, x: TensorInfo, perm: Sequence[int], rows: int) -> TensorInfo:
    name, output = f"{c.name} {position}", f"{x.name} {position}"
    moved = shape.transpose(c.builder, f"{name} order", x, tuple(perm), f"{output} order")
    return shape.reshape(c.builder, f"{name} matrix", moved, (rows, x.size // rows), f"{output} matrix")


def _swapped(rank: int, turn: bool = True) -> tuple[int, ...]:
    """The axes, the last two of them changed places."""
    axes = tuple(range(rank))
    return (*axes[:-2], axes[-1], axes[-2]) if turn else axes


def _turned(pair: Sequence[int], turn: bool) -> tuple[int, int]:
    return (pair[1], pair[0]) if turn else (pair[0], pair[1])

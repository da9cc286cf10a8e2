"""Picking elements: Gather of an activation, Where, IsNaN."""

import dataclasses

import numpy as np

from nmcu.frontend.from_onnx import device
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.operators import elementwise, rearrange
from nmcu.frontend.from_onnx.operators.join import cut
from nmcu.frontend.from_onnx.values import Const, Pending, QuantConst, Quantised, Real, Reals, Source, rounded


def gather(c: Context) -> None:
    """Constant indices of an activation, in any shape; otherwise a lookup in a constant list."""
    value = c.value(0)
    if isinstance(value, Const | QuantConst):
        elementwise.gather(c)
        return
    old, index = tuple(value.shape), c.constant(1)
    if index.dtype.kind not in "iu" or not old:
        raise c.error(
            f"picks {index.dtype} indices from shape {old}; supported: integers, from one axis or more"
        )
    axis = c.axis(c.integer("axis", 0), len(old))
    wanted = index.reshape(-1).astype(np.int64)
    wanted = np.where(wanted < 0, wanted + old[axis], wanted)
    if wanted.size == 0 or wanted.min() < 0 or wanted.max() >= old[axis]:
        raise c.error(f"picks indices outside of axis {axis} of {old}, or none")
    shape = old[:axis] + index.shape + old[axis + 1 :]
    steps = np.unique(np.diff(wanted))
    if steps.size > 1:
        rearrange.take(c, axis, wanted.tolist(), shape)
        return
    first = tuple(int(wanted[0]) if a == axis else 0 for a in range(len(old)))
    every = tuple(int(steps[0]) if a == axis and steps.size else 1 for a in range(len(old)))
    count = tuple(wanted.size if a == axis else d for a, d in enumerate(old))
    cut(c, 0, first, every, count, c.node.name)
    part = c.known[c.node.outputs[0]]
    if index.ndim != 1 and isinstance(part, Pending | Source | Quantised | Real):
        name = f"{c.node.name} reshape"
        c.write(device.moved(c, part, shape, lambda real: device.reshaped(c, real, shape, name)))


def where(c: Context) -> None:
    """A condition that is the same everywhere chooses one input; one on an activation, between functions of it."""
    given = c.value(0)
    if isinstance(given, Real):
        c.write(_choice(c, given))
        return
    condition = c.constant(0)
    if condition.size == 0 or condition.min() != condition.max():
        raise c.error(
            "chooses element by element; supported: a constant condition that is the same everywhere"
        )
    position = 1 if condition.reshape(-1)[0] else 2
    value, other = c.value(position), c.value(3 - position)
    if tuple(np.broadcast_shapes(condition.shape, value.shape, other.shape)) != tuple(value.shape):
        raise c.error(f"broadcasts the chosen input {tuple(value.shape)}, which is not supported")
    c.write(value)


def _choice(c: Context, condition: Real) -> Real:
    """`condition`, a function of one tensor, chooses between functions of it and constants: again a function."""
    parts: list[Reals] = []
    singles: list[Reals] = []
    for position in (1, 2):
        value = c.value(position)
        rows, single = None, None
        if isinstance(value, Const | QuantConst):
            condition, rows = elementwise.channel_rows(c, condition, c.constant(position))
            single = rows
        elif isinstance(value, Real) and _is_of(value, condition):
            rows, single = value.codes(), value.single()
        if rows is None or single is None:
            raise c.error(
                "chooses between two tensors; supported: functions of the tensor that the condition is on"
            )
        parts.append(rows)
        singles.append(single)
    holds = condition.codes() != 0
    chosen = condition.apply(c.node, lambda _: _full(np.where(holds, *parts)))
    return dataclasses.replace(chosen, singles=rounded(_full(np.where(holds, *singles))))


def _full(values: Reals) -> Reals:
    return np.broadcast_to(values, np.broadcast_shapes(values.shape, (256,)))


def _is_of(value: Real, condition: Real) -> bool:
    same = value.tensor.name == condition.tensor.name
    return same and value.axes == condition.axes and value.shape == condition.shape


def is_nan(c: Context) -> None:
    """No quantised activation is NaN."""
    c.write(Const(np.zeros(tuple(c.value(0).shape), np.bool_)))

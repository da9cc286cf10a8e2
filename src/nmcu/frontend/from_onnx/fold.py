"""Nodes whose inputs are all constants, computed while reading. Sizes are checked before memory is taken."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx

from nmcu.frontend.from_onnx.context import Array, Context
from nmcu.frontend.from_onnx.layout import inverse
from nmcu.frontend.from_onnx.values import Const, QuantConst

MAX_ELEMENTS = 2**24

_CASTS = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    10: np.float16,
    11: np.float64,
}


def constant(c: Context) -> None:
    """The Constant node in all its forms."""
    forms: dict[str, type[Any] | None] = {
        "value": None,
        "value_float": np.float32,
        "value_floats": np.float32,
        "value_int": np.int64,
        "value_ints": np.int64,
    }
    for name, dtype in forms.items():
        if name in c.node.attributes:
            c.write(Const(np.asarray(c.node.attributes[name], dtype)))
            return
    raise c.error("holds a string or sparse constant; supported: integers and floats")


def fold(c: Context) -> bool:
    """Compute the node if all its inputs are constants and the operator is known here; False otherwise."""
    values = [c.value(i) for i in range(len(c.node.inputs)) if c.has(i)]
    if not values or not all(isinstance(v, Const | QuantConst) for v in values):
        return False
    first = values[0]
    if isinstance(first, QuantConst) and c.node.op in _MOVES:
        c.write(_moved(c, first))
        return True
    if c.node.op not in _FOLDS:
        return False
    arrays = [c.constant(i) for i in range(len(c.node.inputs)) if c.has(i)]
    c.write(Const(_compute(c, arrays)))
    return True


def _compute(c: Context, arrays: list[Array]) -> Array:
    """The node's result; raises `ModelError` where its attributes or inputs do not fit each other."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(_FOLDS[c.node.op](c, arrays))
    except (ValueError, IndexError, TypeError, OverflowError, ZeroDivisionError, MemoryError) as error:
        raise c.error(f"its constant inputs do not fit ({str(error)[:100]})") from error


def _moved(c: Context, value: QuantConst) -> QuantConst:
    """A reshape or transpose of a dequantised constant keeps its integers."""
    ints = _compute(c, [value.ints, *(c.constant(i) for i in range(1, len(c.node.inputs)))])
    if value.scale.size == 1:
        return dataclasses.replace(value, ints=ints)
    if c.node.op == "Transpose":
        perm = tuple(c.attribute("perm", tuple(reversed(range(value.ints.ndim)))))
        return dataclasses.replace(value, ints=ints, axis=inverse(perm)[value.axis])
    before = math.prod(value.shape[: value.axis])
    for axis, size in enumerate(ints.shape):
        if size == value.shape[value.axis] and math.prod(ints.shape[:axis]) == before:
            return dataclasses.replace(value, ints=ints, axis=axis)
    raise c.error("reshapes per-channel quantised weights across the channels, which is not supported")


def _sized(elements: float) -> None:
    if not 0 <= elements <= MAX_ELEMENTS:
        raise ValueError(f"{elements:g} elements")


def _broadcast(function: Callable[..., Any]) -> Callable[[Context, list[Array]], Any]:
    def compute(c: Context, a: list[Array]) -> Any:
        _sized(math.prod(np.broadcast_shapes(*(x.shape for x in a))))
        return function(*a)

    return compute


def _div(a: Array, b: Array) -> Array:
    if a.dtype.kind in "iu":
        return np.asarray(np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b)), a.dtype)
    return np.asarray(a / b)


def _reshape(c: Context, a: list[Array]) -> Array:
    shape = [int(s) for s in a[1].reshape(-1)]
    if c.integer("allowzero", 0) == 0:
        shape = [a[0].shape[i] if s == 0 else s for i, s in enumerate(shape)]
    return a[0].reshape(shape)


def _squeeze(c: Context, a: list[Array]) -> Array:
    return np.squeeze(a[0], tuple(int(s) for s in a[1].reshape(-1)) if len(a) > 1 else None)


def _flatten(c: Context, a: list[Array]) -> Array:
    axis = c.integer("axis", 1)
    return a[0].reshape(math.prod(a[0].shape[:axis]), -1)


def _slice(c: Context, a: list[Array]) -> Array:
    starts, ends = a[1].reshape(-1), a[2].reshape(-1)
    axes = a[3].reshape(-1) if len(a) > 3 else np.arange(len(starts))
    steps = a[4].reshape(-1) if len(a) > 4 else np.ones(len(starts), np.int64)
    index = [slice(None)] * a[0].ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        stop = None if step < 0 and end < -a[0].shape[axis] else int(end)
        index[int(axis)] = slice(int(start), stop, int(step))
    return a[0][tuple(index)]


def _constant_of_shape(c: Context, a: list[Array]) -> Array:
    _sized(math.prod(float(d) for d in a[0].reshape(-1)))
    return np.full(
        [int(d) for d in a[0].reshape(-1)], c.attribute("value", np.zeros(1, np.float32)).reshape(-1)[0]
    )


def _expand(c: Context, a: list[Array]) -> Array:
    shape = np.broadcast_shapes(a[0].shape, tuple(int(d) for d in a[1].reshape(-1)))
    _sized(math.prod(float(d) for d in shape))
    return np.broadcast_to(a[0], shape).copy()


def _range(c: Context, a: list[Array]) -> Array:
    start, stop, step = (x.reshape(-1)[0] for x in a)
    _sized(abs(float(stop) - float(start)) / abs(float(step)))
    return np.arange(start, stop, step).astype(a[0].dtype)


def _cast(c: Context, a: list[Array]) -> Array:
    code = c.integer("to", 0)
    if code not in _CASTS:
        raise ValueError(f"type {onnx.TensorProto.DataType.Name(code) if code < 17 else code}")
    return a[0].astype(_CASTS[code])


def _clip(c: Context, a: list[Array]) -> Array:
    lo = c.constant(1) if c.has(1) else None
    hi = c.constant(2) if c.has(2) else None
    return a[0] if lo is None and hi is None else np.clip(a[0], lo, hi)


def _concat(c: Context, a: list[Array]) -> Array:
    _sized(sum(x.size for x in a))
    return np.concatenate(a, axis=c.integer("axis", 0))


_FOLDS: Mapping[str, Callable[[Context, list[Array]], Any]] = {
    "Abs": lambda c, a: np.abs(a[0]),
    "Add": _broadcast(np.add),
    "Cast": _cast,
    "Ceil": lambda c, a: np.ceil(a[0]),
    "Clip": _clip,
    "Concat": _concat,
    "ConstantOfShape": _constant_of_shape,
    "Div": _broadcast(_div),
    "Equal": _broadcast(np.equal),
    "Exp": lambda c, a: np.exp(a[0]),
    "Expand": _expand,
    "Flatten": _flatten,
    "Floor": lambda c, a: np.floor(a[0]),
    "Gather": lambda c, a: np.take(a[0], a[1], axis=c.integer("axis", 0)),
    "Identity": lambda c, a: a[0],
    "Max": _broadcast(np.maximum),
    "Min": _broadcast(np.minimum),
    "Mul": _broadcast(np.multiply),
    "Neg": lambda c, a: -a[0],
    "Pow": _broadcast(np.power),
    "Range": _range,
    "ReduceProd": lambda c, a: np.prod(a[0], keepdims=c.integer("keepdims", 1) == 1),
    "Reshape": _reshape,
    "Shape": lambda c, a: np.array(a[0].shape, np.int64),
    "Slice": _slice,
    "Sqrt": lambda c, a: np.sqrt(a[0]),
    "Squeeze": _squeeze,
    "Sub": _broadcast(np.subtract),
    "Transpose": lambda c, a: a[0].transpose(c.attribute("perm", tuple(reversed(range(a[0].ndim))))),
    "Unsqueeze": lambda c, a: np.expand_dims(a[0], tuple(int(x) for x in a[1].reshape(-1))),
    "Where": _broadcast(np.where),
}

_MOVES = ("Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze")

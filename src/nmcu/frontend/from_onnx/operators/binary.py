"""Add, Sub, Mul, Div and their kin: constants folded, chains of one tensor as tables, two tensors added."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from nmcu.errors import counted
from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Array, Context
from nmcu.frontend.from_onnx.operators.elementwise import channel_rows
from nmcu.frontend.from_onnx.operators.residual import residual
from nmcu.frontend.from_onnx.values import Const, Pending, QuantConst, Real, Reals, Value, rounded
from nmcu.frontend.lower import elementwise
from nmcu.frontend.lower.clamp import NONE, Clamp
from nmcu.frontend.lower.shape import device_shape
from nmcu.graph import TensorInfo, ops

FUNCTIONS: dict[str, Callable[[Reals, Reals], Reals]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Pow": np.power,
    "Min": np.minimum,
    "Max": np.maximum,
    "Equal": lambda a, b: (a == b).astype(np.float64),
    "Greater": lambda a, b: (a > b).astype(np.float64),
    "GreaterOrEqual": lambda a, b: (a >= b).astype(np.float64),
    "Less": lambda a, b: (a < b).astype(np.float64),
    "LessOrEqual": lambda a, b: (a <= b).astype(np.float64),
}


JUMPS = frozenset(["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"])


def binary(c: Context) -> None:
    """Constants fold into layers and tables; functions of one tensor are one table; else two activations."""
    if len(c.node.inputs) != 2:
        raise c.error(f"has {counted(len(c.node.inputs), 'input')}; supported: 2")
    a, b = c.value(0), c.value(1)
    if _is_square(c, a, b) and isinstance(a, Pending):
        c.write(_squared(c, a))
        return
    pending, constant = (a, b) if isinstance(a, Pending) else (b, a)
    if isinstance(pending, Pending) and isinstance(constant, Const | QuantConst):
        c.write(_fold(c, pending, _array(constant), swapped=pending is b))
        return
    if isinstance(a, Real) and isinstance(b, Real):
        c.write(_chain(c, a, b) or _two(c, a, b))
        return
    if c.node.op in ("Add", "Sub") and {type(a), type(b)} == {Pending, Real}:
        c.write(residual(c, a, b))
        return
    for position, value in enumerate((a, b)):
        if not isinstance(value, Real | Const | QuantConst):
            raise c.not_real(position, value)
    c.write(_with_constant(c, a, b))


def _is_square(c: Context, a: Value, b: Value) -> bool:
    """True for a difference of two activations times itself, or to the power of 2."""
    if not isinstance(a, Pending) or a.difference is None or a.moves or a.clamp != NONE:
        return False
    if c.node.op == "Pow" and isinstance(b, Const | QuantConst):
        return bool(np.array_equal(_array(b).reshape(-1), [2.0]))
    return c.node.op == "Mul" and a is b


def _squared(c: Context, source: Pending) -> Pending:
    """The square of a difference, which is rounded only once."""
    assert source.difference is not None
    a, b = source.difference
    axes, name = a.axes if a.shape == source.shape else b.axes, c.node.name

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        pair = (device.conform(c, a, axes), device.conform(c, b, axes))
        made = elementwise.squared_difference(c.builder, name, pair, y)
        return Real(elementwise.clip(c.builder, f"{name} clip", made, clamp), source.shape, axes)

    return Pending(name, c.node.op, source.shape, emit)


def batch_normalization(c: Context) -> None:
    """With constant statistics: a factor and an offset per channel (axis 1)."""
    if c.integer("training_mode", 0) == 1:
        raise c.error(
            "normalises by its own input's statistics (training_mode is 1); export the model in inference mode (eval)"
        )
    gamma, beta, mean, variance = (c.constant(i).astype(np.float64).reshape(-1) for i in range(1, 5))
    x = c.value(0)
    if (
        len({gamma.size, beta.size, mean.size, variance.size}) != 1
        or len(x.shape) < 2
        or gamma.size != x.shape[1]
    ):
        raise c.error(f"has parameters that do not fit input {tuple(x.shape)}")
    with np.errstate(all="ignore"):
        gain = gamma / np.sqrt(variance + c.attribute("epsilon", 1e-5))
    offset = beta - mean * gain
    if isinstance(x, Pending):
        if x.affine is None:
            raise c.not_real(0, x)
        c.write(x.affine.rebuild(gain, offset))
        return
    full = (-1, *[1] * (len(x.shape) - 2))
    value, factor = channel_rows(c, c.real(0), gain.reshape(full))
    if factor is None:
        raise c.error(f"works on input {tuple(x.shape)} whose channels are not together on the device")
    c.write(value.apply(c.node, lambda codes: codes * factor + offset.reshape(-1, 1)))


def _array(value: Const | QuantConst) -> Array:
    return value.real if isinstance(value, QuantConst) else value.array


def _fold(c: Context, x: Pending, constant: Array, swapped: bool) -> Pending:
    """A constant folded into weights and bias; a positive factor of any other operator into its output's scale."""
    op = c.node.op
    if (
        x.affine is None
        and constant.dtype.kind in "iuf"
        and constant.size == 1
        and constant.ndim <= len(x.shape)
    ):
        factor = float(constant.reshape(-1)[0])
        if math.isfinite(factor) and factor > 0 and (op == "Mul" or (op == "Div" and not swapped)):
            return _scaled(c, x, factor if op == "Mul" else 1 / factor)
    if x.affine is None or constant.dtype.kind not in "iuf":
        raise c.not_real(1 if swapped else 0, x)
    rank, axis = len(x.shape), x.affine.channel_axis
    full = (1,) * (rank - constant.ndim) + constant.shape
    per_channel = len(full) == rank and all(d == 1 for a, d in enumerate(full) if a != axis)
    if constant.size != 1 and not (per_channel and full[axis] == x.affine.channels):
        raise c.not_real(1 if swapped else 0, x)
    values = np.broadcast_to(constant.astype(np.float64).reshape(-1), (x.affine.channels,))
    one, zero = np.ones(x.affine.channels), np.zeros(x.affine.channels)
    if op == "Add":
        folded = x.affine.rebuild(one, values)
    elif op == "Sub" and not swapped:
        folded = x.affine.rebuild(one, -values)
    elif op == "Mul":
        folded = x.affine.rebuild(values, zero)
    elif op == "Div" and not swapped and values.all():
        folded = x.affine.rebuild(1.0 / values, zero)
    else:
        raise c.not_real(1 if swapped else 0, x)
    return dataclasses.replace(folded, name=x.name)


def _scaled(c: Context, x: Pending, factor: float) -> Pending:
    """`x * factor`: the codes of `x` in steps of the output over `factor`, and a table that names them anew."""
    node = c.node

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        steps = dataclasses.replace(y, name=f"{y.name} unscaled", scale=y.quant[0] / factor)
        made = device.emit(c, device.clamped(c, x, Clamp(clamp.lo / factor, clamp.hi / factor)), steps)
        return device.tabulate(c, made.apply(node, lambda values: values * factor), y, node.name)

    return Pending(node.name, node.op, x.shape, emit)


def _chain(c: Context, a: Real, b: Real) -> Real | None:
    """Two functions of one tensor are one function."""
    same = a.tensor.name == b.tensor.name and a.axes == b.axes and a.shape == b.shape
    if not same or (a.values is None and b.values is None and c.node.op in ("Add", "Sub")):
        return None
    function = FUNCTIONS[c.node.op]
    with np.errstate(all="ignore"):
        singles = rounded(function(a.single(), b.single()))
        values = singles if c.node.op in JUMPS else function(a.codes(), b.codes())
    functions = (*a.functions, *b.functions, c.node.op)
    node = next((n for n in (a.node, b.node) if n), c.node.name)
    return dataclasses.replace(a, values=values, singles=singles, functions=functions, node=node)


def _with_constant(c: Context, a: Value, b: Value) -> Value:
    """An activation and a constant: a table, or an operator with a constant tensor."""
    swapped = not isinstance(a, Real)
    x, constant = (b, a) if swapped else (a, b)
    if not isinstance(x, Real) or not isinstance(constant, Const | QuantConst):
        raise c.error("has no activation among its inputs")
    array = _array(constant)
    moved, rows = channel_rows(c, x, array)
    if rows is not None:
        function, jumps = FUNCTIONS[c.node.op], c.node.op in JUMPS
        operand = rounded(rows) if jumps else rows

        def with_rows(codes: Reals) -> Reals:
            values = function(operand, codes) if swapped else function(codes, operand)
            return np.broadcast_to(values, np.broadcast_shapes(values.shape, codes.shape))

        return moved.apply(c.node, with_rows, jumps)
    other = constant_tensor(c, constant, len(x.shape))
    return _two(c, other, x) if swapped else _two(c, x, other)


def constant_tensor(c: Context, constant: Const | QuantConst, rank: int) -> Real:
    """A constant as an int8 tensor on the device: its own integers, or a scale from its largest magnitude."""
    array = _array(constant)
    if array.ndim > rank or not np.isfinite(array).all():
        raise c.error(f"has a constant of shape {array.shape} that does not fit or is not finite")
    shape = (1,) * (rank - array.ndim) + array.shape
    axes = layout.default(rank)
    if isinstance(constant, QuantConst) and constant.ints.dtype == np.int8 and constant.scale.size == 1:
        integers, scale = constant.ints, float(constant.scale.reshape(-1)[0])
        zero = int(constant.zero_point.reshape(-1)[0])
    else:
        scale, zero = float(np.float32(max(float(np.abs(array).max()), 1e-30) / 127)), 0
        integers = np.clip(np.rint(array.astype(np.float64) / scale), -127, 127).astype(np.int8)
    data = integers.reshape(shape).transpose(axes)
    value = np.ascontiguousarray(data.reshape(device_shape(data.shape)))
    y = TensorInfo(f"{c.node.name} constant", (), scale=scale, zero_point=zero)
    tensor = c.builder.add(y.name, ops.Constant(), [], [y], {"value": value})[0]
    return Real(tensor, shape, axes)


def _two(c: Context, a: Real, b: Real) -> Pending:
    """An operator on two device tensors."""
    if c.node.op not in ("Add", "Sub", "Mul", "Div", "Min", "Max"):
        raise c.error("is not supported on two activations")
    a, b = device.plain(c, a), device.plain(c, b)
    shape = _common_shape(c, a, b)
    a, b = _raised(c, a, len(shape)), _raised(c, b, len(shape))
    axes = a.axes if a.shape == shape else b.axes
    op, name = c.node.op, c.node.name

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        pair = (device.conform(c, a, axes), device.conform(c, b, axes))
        if op in ("Mul", "Div"):
            operator = ops.Mul if op == "Mul" else ops.Div
            made = elementwise.combine(c.builder, name, operator, pair, y, clamp)
        elif op in ("Min", "Max"):
            made = elementwise.extremum(c.builder, name, pair, y, op == "Max")
            made = elementwise.clip(c.builder, f"{name} clip", made, clamp)
        else:
            made = elementwise.add(c.builder, name, pair, y, 1 if op == "Add" else -1, clamp)
        return Real(made, shape, axes)

    return Pending(name, c.node.op, shape, emit, difference=(a, b) if op == "Sub" else None)


def _common_shape(c: Context, a: Real, b: Real) -> layout.Shape:
    try:
        return tuple(np.broadcast_shapes(a.shape, b.shape))
    except ValueError:
        raise c.error(f"shapes {a.shape} and {b.shape} do not broadcast") from None


def _raised(c: Context, x: Real, rank: int) -> Real:
    """`x` with leading axes of size 1 up to `rank`."""
    if len(x.shape) == rank:
        return x
    shape = (1,) * (rank - len(x.shape)) + x.shape
    return device.reshaped(c, x, shape, f"{c.node.name} reshape")

"""Float sections: whatever a name stands for as a float32 tensor on the device."""

import dataclasses

import numpy as np

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Axes
from nmcu.frontend.from_onnx.values import Const, Floats, Pending, QuantConst, Real, Source, Value
from nmcu.frontend.lower import elementwise, shape
from nmcu.frontend.lower import floats as lower
from nmcu.graph import TensorInfo, float32, ops, origin
from nmcu.graph.tensor import ON_DEVICE


def read(c: Context) -> bool:
    """Read the node in float32; False where it has no float routine."""
    reader = c.floats.get(c.node.operator)
    if reader is None:
        return False
    reader(c)
    return True


def input_(c: Context, position: int) -> Floats:
    """Input `position` of the node, an activation, in float32."""
    value = c.value(position)
    if isinstance(value, Real | Pending | Source):
        return of(c, value)
    raise c.not_real(position, value)


def of(c: Context, value: Real | Pending | Source) -> Floats:
    """`value` in float32."""
    if isinstance(value, Floats):
        return value
    if isinstance(value, Real):
        return _dequantised(c, value)
    if isinstance(value, Source):
        return _moved(c, _taken(c, value), value)
    if not value.floated:
        with c.reading(value.node):
            value.floated.append(value.sums() if value.sums else _again(c, value))
    made = value.floated[0]
    clipped = lower.clip(c.builder, f"{value.name} clip", made.tensor, value.clamp)
    return _moved(c, dataclasses.replace(made, tensor=clipped), value)


def operand(c: Context, value: Value, position: int, axes: Axes) -> TensorInfo:
    """Input `position`, `value`, for broadcasting: with leading axes of size 1, in the device order `axes`."""
    if not isinstance(value, Const | QuantConst):
        x = input_(c, position)
        raised = (1,) * (len(axes) - len(x.shape)) + x.shape
        x = x if raised == x.shape else _as_floats(device.reshaped(c, x, raised, f"{c.node.name} reshape"))
        return device.conform(c, x, axes)
    array = value.real if isinstance(value, QuantConst) else value.array
    if array.ndim > len(axes) or array.dtype.kind not in "iuf":
        raise c.error(f"has a constant of type {array.dtype} and shape {array.shape} that does not fit")
    full = array.reshape((1,) * (len(axes) - array.ndim) + array.shape).transpose(axes)
    return lower.constant(c.builder, f"{c.node.name} constant", full.reshape(shape.device_shape(full.shape)))


def _dequantised(c: Context, value: Real) -> Floats:
    """The values of a quantised tensor, functions applied: a table."""
    x = device.unflatten(c, value)
    if x.values is None:
        if x.tensor.name not in c.floated:
            c.floated[x.tensor.name] = lower.dequantize(c.builder, x.tensor)
        return Floats(c.floated[x.tensor.name], x.shape, x.axes)
    name = x.node or x.tensor.name
    op = ops.FloatTable(function=f"float {elementwise.function_name(x.functions)}")
    with np.errstate(all="ignore"):
        table = float32.canonical(x.values.astype(np.float32))
    made = c.builder.add(name, op, [x.tensor], [lower.named(f"{name} to float")], {"table": table})[0]
    return Floats(made, x.shape, x.axes)


def _taken(c: Context, source: Source) -> Floats:
    """A float32 model input that the device reads as it is."""
    if source.dtype != "float32":
        raise c.not_real(0, source)
    if source.name not in c.floated:
        wanted = shape.device_shape(layout.permuted(source.model_shape, source.axes))
        device_info = TensorInfo(f"{source.name}{ON_DEVICE}", wanted, "float32")
        model = TensorInfo(source.name, source.model_shape, source.dtype)
        c.floated[source.name] = c.builder.input(model, device_info, source.axes)
        c.builder.record(source.name, origin.plain(source.name, source.model_shape))
    return Floats(c.floated[source.name], source.model_shape, source.axes)


def _again(c: Context, value: Pending) -> Floats:
    """The result of a node that was read as integers, this time in float32."""
    assert value.node is not None
    known = dict(c.known)
    try:
        if not read(c):
            raise c.unquantised(
                "its float result is used as it is, and it has no float routine; a QuantizeLinear and DequantizeLinear "
                "pair is needed behind it"
            )
        made = c.known[value.node.outputs[0]]
        assert isinstance(made, Floats)
        return made
    finally:
        c.known = known


def _moved(c: Context, made: Floats, value: Pending | Source) -> Floats:
    return _as_floats(device.through(c, made, value.moves))


def _as_floats(value: Real) -> Floats:
    """`value`, whose tensor is float32, as what it is."""
    return Floats(value.tensor, value.shape, value.axes, flat=value.flat)

"""Making values real on the device: quantised outputs, tables, layouts."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx import layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Axes
from nmcu.frontend.from_onnx.values import (
    Flat,
    Floats,
    Integers,
    Move,
    Pending,
    Quantised,
    Real,
    Source,
    Step,
)
from nmcu.frontend.lower import elementwise, floats, shape
from nmcu.frontend.lower.clamp import NONE, Clamp
from nmcu.graph import Origin, TensorInfo, origin

MOST_ROUNDING = 2.0
"""A result that is rounded to the scale of its input first is within a step of the output where that is half of it."""


def stored(c: Context, position: int) -> Real:
    """Input `position` of the node as the plain values of a device tensor."""
    return plain(c, c.real(position))


def plain(c: Context, value: Real) -> Real:
    """`value` with its functions applied, where the model gives the result no scale.

    If all 256 results lie on the tensor's own grid (ReLU), they keep its scale exactly. Otherwise their range,
    known from the 256 results, is spread over the int8 codes: the step is at most 1/255 of the range.
    """
    if value.values is None:
        return value
    scale, zero = value.tensor.quant
    with np.errstate(all="ignore"):
        codes = value.values / scale + zero
    if not np.isfinite(codes).all():
        raise c.error(f"reads the float result of {value.functions[-1]}, which is not finite for some inputs")
    name = f"{value.tensor.name} {elementwise.function_name(value.functions)}"
    if ((np.abs(codes - np.rint(codes)) < 1e-6) & (np.abs(codes + 0.5) < 128)).all():
        return tabulate(c, value, shape.named(value.tensor, name), value.node)
    return tabulate(c, value, spread(name, float(value.values.min()), float(value.values.max())), value.node)


def spread(name: str, lo: float, hi: float) -> TensorInfo:
    """An int8 tensor that spreads lo..hi, made to include 0, over 256 codes (0..1 is in steps of 1/256)."""
    lo, hi = min(lo, 0.0), max(hi, 0.0)
    steps = 256 if (lo, hi) == (0.0, 1.0) else 255
    scale = float(np.float32(max(hi - lo, 1e-30) / steps))
    zero = int(np.clip(np.floor(-128 - lo / scale + 0.5), -128, 127))
    return TensorInfo(name, (), scale=scale, zero_point=zero)


def tabulate(c: Context, value: Real, y: TensorInfo, name: str) -> Real:
    """`value` as a tensor with the quantisation of `y`: a table where anything changes."""
    rows = value.codes()
    if value.mixed and value.tensor.quant[0] > MOST_ROUNDING * y.quant[0]:
        raise ModelError(
            f"node {value.mixed!r} (Resize): mixes values of scale {value.tensor.quant[0]:g} for an output of scale "
            f"{y.quant[0]:g}; supported: at least half; quantise its result as its input"
        )
    if value.values is None:
        tensor = elementwise.requantize(c.builder, name, value.tensor, y)
    else:
        function = elementwise.function_name(value.functions)
        tensor = elementwise.table(c.builder, name, value.tensor, y, function, lambda _: rows)
    flat = value.flat
    if flat is not None:
        origin = flat.origin.computing(value)
        y_map = dataclasses.replace(y, name=f"{y.name} map")
        flat = dataclasses.replace(flat, origin=tabulate(c, origin, y_map, f"{name} map"))
    return Real(tensor, value.shape, value.axes, flat=flat)


def force(c: Context, value: Quantised) -> Real:
    """The device tensor of quantised integers, made when first asked for."""
    if not value.made:
        value.made.append(_forced(c, value))
    result = value.made[0]
    shift = 128 if value.unsigned else 0
    if result.flat is None:
        held = Origin(value.key, result.shape, result.axes, shift)
    else:
        map_ = result.flat.origin
        held = Origin(value.key, result.shape, map_.axes, shift, map_.shape)
    c.builder.record(result.tensor.name, held)
    return result


def quantised(c: Context, value: Real, y: TensorInfo, name: str) -> Real:
    """The end of a float section: `value`, float32, with the quantisation of `y`."""
    return Real(floats.quantize(c.builder, name, value.tensor, y), value.shape, value.axes)


def _forced(c: Context, value: Quantised) -> Real:
    source, limits = value.source, _limits(value)
    if isinstance(source, Floats):
        own = unflatten(c, source)
        return _clipped(c, quantised(c, own, value.wanted, value.name), limits)
    if isinstance(source, Pending):
        return emit(c, clamped(c, source, limits), value.wanted)
    if isinstance(source, Source):
        return _clipped(c, _encode(c, source, value.wanted), limits)
    if limits != Clamp():
        source = source.apply(c.node, lambda codes: np.clip(codes, limits.lo, limits.hi))
    return tabulate(c, source, value.wanted, source.node or value.name)


def emit(c: Context, source: Pending, y: TensorInfo) -> Real:
    """The output of a pending operator with the quantisation of `y`; appended once for each quantisation."""
    lo, hi = source.range or (-math.inf, math.inf)
    _check_mixing(source, f"node {source.name!r} ({source.op})", Clamp(lo, hi).then(source.clamp), y)
    key = (*y.quant, source.clamp)
    if key not in source.made:
        own = dataclasses.replace(y, name=f"{source.name} result") if source.moves else y
        with c.reading(source.node):
            source.made[key] = source.emit(own, source.clamp)
    return through(c, source.made[key], source.moves)


def through(c: Context, value: Real, moves: Sequence[Move]) -> Real:
    """`value` after `moves`."""
    for move in moves:
        with c.reading(move.node):
            value = move.step(value)
    return value


def clamped(c: Context, value: Pending, limits: Clamp) -> Pending:
    """`value` clamped: by its operator, wherever the moves in between allow it."""
    if limits == NONE:
        return value
    if any(move.mixes for move in value.moves):
        return dataclasses.replace(value, moves=(*value.moves, Move(lambda real: _clipped(c, real, limits))))
    moves = tuple(
        dataclasses.replace(move.clamped(limits), node=move.node) if move.clamped else move
        for move in value.moves
    )
    return dataclasses.replace(value, clamp=value.clamp.then(limits), moves=moves, affine=None)


def _clipped(c: Context, value: Real, limits: Clamp) -> Real:
    if limits == NONE:
        return value
    value = unflatten(c, value)
    tensor = elementwise.clip(c.builder, f"{value.tensor.name} clip", value.tensor, limits)
    return dataclasses.replace(value, tensor=tensor)


def _check_mixing(value: Pending | Source, origin: str, known: Clamp, y: TensorInfo) -> None:
    """Neighbours may be mixed after quantisation instead of before it if values in `known` do not saturate as `y`."""
    mixer = next((move.mixes for move in value.moves if move.mixes), "")
    scale, zero = y.quant
    if mixer and not ((-129 - zero) * scale <= known.lo and known.hi <= (128 - zero) * scale):
        raise ModelError(
            f"node {mixer!r} (Resize): mixes float values of {origin} that are quantised only afterwards; a "
            "QuantizeLinear and DequantizeLinear pair is needed between them"
        )


def _encode(c: Context, source: Source, y: TensorInfo) -> Real:
    _check_mixing(source, f"model input {source.name!r}", NONE, y)
    if source.moves:
        y = dataclasses.replace(y, name=source.name)
    device = dataclasses.replace(
        y, shape=shape.device_shape(layout.permuted(source.model_shape, source.axes))
    )
    model = TensorInfo(source.name, source.model_shape, source.dtype)
    result = Real(c.builder.input(model, device, source.axes), source.model_shape, source.axes)
    c.builder.record(source.name, origin.plain(source.name, source.model_shape))
    return through(c, result, source.moves)


def _limits(value: Quantised) -> Clamp:
    scale, zero = value.wanted.quant
    lo = -math.inf if value.lo == -128 else (value.lo - zero) * scale
    hi = math.inf if value.hi == 127 else (value.hi - zero) * scale
    return Clamp(lo, hi)


def conform(c: Context, value: Real, axes: Axes) -> TensorInfo:
    """`value`'s tensor in the device order `axes`; data moves only where it has to."""
    value = unflatten(c, value)
    if value.axes == axes:
        return value.tensor
    key = (value.tensor.name, value.shape, value.axes, axes)
    if key not in c.conformed:
        name = f"{value.tensor.name} transpose"
        full = layout.permuted(value.shape, value.axes)
        x = shape.reshape(c.builder, f"{name} from", value.tensor, full, f"{name} from")
        moved = shape.transpose(c.builder, name, x, tuple(value.axes.index(a) for a in axes), name)
        wanted = shape.device_shape(layout.permuted(value.shape, axes))
        c.conformed[key] = shape.reshape(c.builder, f"{name} to", moved, wanted, f"{name} to")
    return c.conformed[key]


def unflatten(c: Context, value: Real) -> Real:
    """`value` in the model's own feature order: the map is transposed before it is flattened."""
    if value.flat is None:
        return value
    origin = value.flat.origin.computing(value)
    tensor = conform(c, origin, layout.identity(len(origin.shape)))
    flat = shape.reshape(c.builder, f"{tensor.name} flat", tensor, value.tensor.shape, f"{tensor.name} flat")
    return dataclasses.replace(value, tensor=flat, flat=None)


def turned(c: Context, value: Real) -> Real:
    """`value` with the order of its axes reversed; its data stays where it is."""
    value = unflatten(c, value)
    back = tuple(reversed(range(len(value.shape))))
    axes = layout.transposed(value.axes, back)
    return dataclasses.replace(value, shape=layout.permuted(value.shape, back), axes=axes)


def shaped(c: Context, tensor: TensorInfo, model_shape: layout.Shape) -> Real:
    """`tensor`, in the model's own order, as a value of shape `model_shape`."""
    wanted = shape.device_shape(model_shape)
    tensor = shape.reshape(c.builder, f"{tensor.name} shape", tensor, wanted, f"{tensor.name} shape")
    return Real(tensor, model_shape, layout.identity(len(model_shape)))


def move(c: Context, position: int, new: layout.Shape, how: Step | Move, output: int = 0) -> None:
    """Write `output`: input `position` moved to model shape `new`, now or once it is on the device."""
    value, step = c.value(position), how.step if isinstance(how, Move) else how
    if isinstance(value, Integers):
        made = step(Real(value.tensor, value.shape, value.axes))
        c.write(Integers(made.tensor, made.shape, made.axes), output)
        return
    if not isinstance(value, Pending | Source | Quantised | Real):
        raise c.not_real(position, value)
    c.write(moved(c, value, new, how), output)


def moved(
    c: Context, value: Pending | Source | Quantised | Real, new: layout.Shape, how: Step | Move
) -> Pending | Source | Quantised | Real:
    """`value` moved to model shape `new`, now or once it is on the device."""
    step = dataclasses.replace(how if isinstance(how, Move) else Move(how), node=c.node)
    if isinstance(value, Pending):
        return dataclasses.replace(value, shape=new, moves=(*value.moves, step), affine=None)
    if isinstance(value, Source):
        return dataclasses.replace(value, shape=new, moves=(*value.moves, step))
    if isinstance(value, Quantised):
        return dataclasses.replace(value, source=step.step(force(c, value)), lo=-128, hi=127)
    return step.step(value)


def reshaped(c: Context, value: Real, new: layout.Shape, name: str) -> Real:
    """`value` with model shape `new`, by node `name`; data moves only where it has to."""
    if value.flat is not None:
        origin = value.flat.origin.computing(value)
        return reshaped(c, origin, new, name)
    if value.values is not None and value.values.ndim == 2:
        return _reshaped_rows(c, value, new, name)
    axes = layout.reshaped(value.shape, value.axes, new)
    if axes is not None:
        tensor = _alias(c, value, layout.permuted(new, axes), name)
        return dataclasses.replace(value, tensor=tensor, shape=new, axes=axes)
    if math.prod(new[:-1]) == 1:
        tensor = _alias(c, value, new, name)
        return dataclasses.replace(
            value, tensor=tensor, shape=new, axes=layout.identity(len(new)), flat=Flat(value)
        )
    ordered = conform(c, value, layout.identity(len(value.shape)))
    own = dataclasses.replace(value, tensor=ordered, axes=layout.identity(len(value.shape)))
    return dataclasses.replace(
        own, tensor=_alias(c, own, new, name), shape=new, axes=layout.identity(len(new))
    )


def _reshaped_rows(c: Context, value: Real, new: layout.Shape, name: str) -> Real:
    """`reshaped` of a value whose functions differ along its last axis on the device, as many times as that repeats."""
    assert value.values is not None
    axes = layout.reshaped(value.shape, value.axes, new)
    if axes is None:
        return reshaped(c, plain(c, value), new, name)
    axes = (*(a for a in axes if new[a] == 1), *(a for a in axes if new[a] != 1))
    times, rest = divmod(new[axes[-1]], len(value.values))
    if rest:
        return reshaped(c, plain(c, value), new, name)
    singles = None if value.singles is None else np.tile(value.singles, (times, 1))
    return dataclasses.replace(
        value,
        tensor=_alias(c, value, layout.permuted(new, axes), name),
        shape=new,
        axes=axes,
        values=np.tile(value.values, (times, 1)),
        singles=singles,
    )


def _alias(c: Context, value: Real, full: layout.Shape, name: str) -> TensorInfo:
    return shape.reshape(
        c.builder, name, value.tensor, shape.device_shape(full), f"{value.tensor.name} reshape"
    )

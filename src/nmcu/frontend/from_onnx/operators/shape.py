"""Operators that only rename or move data."""

import dataclasses
import math

import numpy as np

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Shape
from nmcu.frontend.from_onnx.operators import rearrange
from nmcu.frontend.from_onnx.values import Const, Floats, Move, Pending, Quantised, Real, Source
from nmcu.frontend.lower import shape as lower
from nmcu.frontend.lower.clamp import NONE, Clamp
from nmcu.frontend.lower.elementwise import clip
from nmcu.graph import TensorInfo


def reshape(c: Context) -> None:
    """With 0 (keep) and -1 (the rest) in the shape."""
    old, wanted = shape_of(c, 0), list(c.constant_ints(1))
    if c.integer("allowzero", 0) == 0:
        if any(w == 0 and i >= len(old) for i, w in enumerate(wanted)):
            raise c.error(f"shape {wanted} keeps an axis that {old} does not have")
        wanted = [old[i] if w == 0 else w for i, w in enumerate(wanted)]
    known = math.prod(w for w in wanted if w != -1)
    if wanted.count(-1) == 1 and known > 0 and math.prod(old) % known == 0:
        wanted[wanted.index(-1)] = math.prod(old) // known
    _reshaped(c, tuple(wanted))


def flatten(c: Context) -> None:
    """To two axes."""
    old = shape_of(c, 0)
    axis = c.integer("axis", 1)
    axis = len(old) if axis == len(old) else c.axis(axis, len(old))
    _reshaped(c, (math.prod(old[:axis]), math.prod(old[axis:])))


def squeeze(c: Context) -> None:
    """Without the given axes of size 1, or without all of them."""
    old = shape_of(c, 0)
    axes = axes_of(c, len(old), 1, repeated=True) if c.has(1) else [a for a, d in enumerate(old) if d == 1]
    if any(old[a] != 1 for a in axes):
        raise c.error(f"squeezes axes {sorted(axes)} of shape {old}, which are not 1")
    _reshaped(c, tuple(d for a, d in enumerate(old) if a not in axes))


def unsqueeze(c: Context) -> None:
    """With new axes of size 1."""
    old = shape_of(c, 0)
    rank = len(old) + len(c.constant_ints(1))
    axes, rest = axes_of(c, rank, 1), list(old)
    _reshaped(c, tuple(1 if a in axes else rest.pop(0) for a in range(rank)))


def transpose(c: Context) -> None:
    """Data stays where it is until an operator needs another order."""
    old = shape_of(c, 0)
    perm = c.attribute("perm", tuple(reversed(range(len(old)))))
    if sorted(perm) != list(range(len(old))):
        raise c.error(f"{perm} is not a permutation of the axes of {old}")

    def step(value: Real) -> Real:
        value = device.unflatten(c, value)
        axes = layout.transposed(value.axes, perm)
        return dataclasses.replace(value, shape=layout.permuted(value.shape, perm), axes=axes)

    device.move(c, 0, layout.permuted(old, perm), step)


def identity(c: Context) -> None:
    """The same value."""
    c.write(c.value(0))


def dropout(c: Context) -> None:
    """At inference: the same value."""
    if c.has(2) and bool(c.constant(2).any()):
        raise c.error(
            "drops values at random (training_mode is true); export the model in inference mode (eval)"
        )
    c.write(c.value(0))
    c.write(Const(np.ones(shape_of(c, 0), np.bool_)), 1)


def cast(c: Context) -> None:
    """Float types all stand for the same real values here; to an integer it is one more function."""
    value = c.value(0)
    if c.integer("to", 0) in (3, 5, 6, 7) and isinstance(value, Real) and not isinstance(value, Floats):
        c.write(value.apply(c.node, np.trunc, jumps=True))
        return
    if c.integer("to", 0) not in (1, 10, 11):
        raise c.error(f"casts an activation to type {c.integer('to', 0)}; supported: float")
    c.write(c.value(0))


def shape(c: Context) -> None:
    """The shape is a constant."""
    found = shape_of(c, 0)
    end = c.integer("end", len(found))
    c.write(Const(np.array(found[c.integer("start", 0) : end], np.int64)))


def pad(c: Context) -> None:
    """Constant padding, without a value with the real value 0; reflect, edge and wrap."""
    mode = c.attribute("mode", "constant")
    if mode not in ("constant", "reflect", "edge", "wrap"):
        raise c.error(f"mode {mode!r} is not known; supported: constant, reflect, edge, wrap")
    old, pads = shape_of(c, 0), c.constant_ints(1)
    value = c.scalar(2) if c.has(2) else 0.0
    rank = len(old)
    axes = axes_of(c, rank, 3) if c.has(3) else list(range(rank))
    if len(pads) != 2 * len(axes) or min(pads) < 0 or not math.isfinite(value):
        raise c.error(f"pads {pads} with value {value} do not fit shape {old}; supported: 0 and more")
    before, after = [0] * rank, [0] * rank
    for i, axis in enumerate(axes):
        before[axis], after[axis] = pads[i], pads[i + len(axes)]
    if mode != "constant":
        rearrange.mirror(c, before, after, mode)
        return
    new = tuple(b + d + a for b, d, a in zip(before, old, after, strict=True))
    name, output = c.node.name, c.node.outputs[0]

    def grow(given: Real, border: _Border) -> Real:
        x = device.unflatten(c, device.plain(c, given))
        full = layout.permuted(x.shape, x.axes)
        first, last = layout.permuted(tuple(before), x.axes), layout.permuted(tuple(after), x.axes)
        grown = lower.reshape(c.builder, f"{name} in", x.tensor, full, f"{output} in")
        made = lower.pad(c.builder, name, grown, first, last, border.code(x.tensor), output)
        wanted = lower.device_shape(layout.permuted(new, x.axes))
        result = lower.reshape(c.builder, f"{name} out", made, wanted, f"{output} out")
        return dataclasses.replace(x, tensor=result, shape=new)

    def filled(border: _Border) -> Move:
        return Move(lambda given: grow(given, border), clamped=lambda limits: filled(border.clamped(limits)))

    given = c.value(0)
    if isinstance(given, Quantised) or (isinstance(given, Source) and given.dtype != "float32"):
        unsigned = given.unsigned if isinstance(given, Quantised) else given.dtype == "uint8"
        device.move(c, 0, new, filled(_Border(value - (128 if unsigned else 0), is_code=True)))
        return
    if isinstance(given, Real) and not _holds(given, value):
        x = given

        def emit(y: TensorInfo, clamp: Clamp) -> Real:
            own = device.tabulate(c, x, dataclasses.replace(y, name=f"{y.name} inside"), f"{name} inside")
            result = grow(own, _Border(value))
            return dataclasses.replace(result, tensor=clip(c.builder, f"{name} clip", result.tensor, clamp))

        c.write(Pending(name, c.node.op, new, emit))
        return
    device.move(c, 0, new, filled(_Border(value)))


@dataclasses.dataclass(frozen=True)
class _Border:
    """What Pad writes: a real value, or an int8 code where it pads integers."""

    value: float
    is_code: bool = False

    def code(self, tensor: TensorInfo) -> int:
        """The integer on `tensor`, as QuantizeLinear makes it: a float32 division, rounded half to even."""
        scale, zero = tensor.quant
        code = self.value if self.is_code else np.rint(np.float32(self.value) / np.float32(scale)) + zero
        return int(np.clip(code, -128, 127))

    def clamped(self, limits: Clamp) -> "_Border":
        """The real value clamped."""
        return _Border(min(max(self.value, limits.lo), limits.hi))


def _holds(x: Real, value: float) -> bool:
    """True if the tensor of `x` can hold `value`, to a thousandth of a step."""
    scale, zero = x.tensor.quant
    code = value / scale + zero
    exact = -128 <= round(code) <= 127 and abs(code - round(code)) < 1e-3
    return value == 0 or (exact and x.values is None)


def shape_of(c: Context, position: int) -> Shape:
    """The model shape of input `position`."""
    return tuple(int(d) for d in c.value(position).shape)


def axes_of(c: Context, rank: int, position: int, repeated: bool = False) -> list[int]:
    """The axes that constant input `position` lists, in its order, counted from the front."""
    axes = [a + rank if a < 0 else a for a in c.constant_ints(position)]
    if any(not 0 <= a < rank for a in axes) or (len(set(axes)) != len(axes) and not repeated):
        raise c.error(f"axes {axes} do not exist in rank {rank}, or one is given twice")
    return axes


def _reshaped(c: Context, new: Shape) -> None:
    old = shape_of(c, 0)
    if math.prod(new) != math.prod(old) or min(new, default=1) < 1:
        raise c.error(f"reshapes {old} to {new}, which has another number of elements")
    name, value = c.node.name, c.value(0)
    if isinstance(value, Pending) and value.affine is not None and value.affine.reshape is not None:
        other = value.affine.reshape(new)
        if other is not None and not value.moves and value.clamp == NONE:
            c.write(other)
            return
    device.move(c, 0, new, lambda value: device.reshaped(c, value, new, name))

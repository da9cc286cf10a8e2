"""A sum of a layer's float result, which the file does not quantise, and a tensor: TensorRT's residual block."""

import dataclasses

from nmcu.frontend.from_onnx import device, floats
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Shape
from nmcu.frontend.from_onnx.values import Pending, Real, Value
from nmcu.frontend.lower import elementwise
from nmcu.frontend.lower import floats as lower
from nmcu.frontend.lower.clamp import NONE, Clamp
from nmcu.graph import TensorInfo

MOST_ROUNDING = 3.0
"""Steps of the output that one of the layer's result may have: its rounding moves the sum by at most half of them.

A sum whose scale is smaller than that is computed in float32.
"""


def residual(c: Context, a: Value, b: Value) -> Pending:
    """`a + b` or `a - b`, one of them pending, the other a tensor of its shape.

    A convolution adds the tensor to its own result. That of another layer needs codes, but only where the sum does not
    saturate: the output's range less the tensor's, which is known without calibration. Spread over int8 that is a step
    of about the output's plus the tensor's.
    """
    first = isinstance(a, Pending)
    pending, other = (a, b) if first else (b, a)
    assert isinstance(pending, Pending) and isinstance(other, Real)
    x = device.plain(c, other)
    if x.shape != pending.shape:
        raise c.not_real(0 if first else 1, pending)
    name, op = c.node.name, c.node.op

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        if pending.plus is not None and pending.clamp == NONE and not pending.moves:
            made = pending.plus(x, (1, 1) if op == "Add" else (1, -1) if first else (-1, 1), y, clamp)
            if made is not None:
                return made
        lo, hi = _wanted(y, clamp, x.tensor, op, first)
        wanted = device.spread(f"{pending.name} result", lo, hi)
        if wanted.quant[0] > MOST_ROUNDING * y.quant[0]:
            return _in_float(c, name, op, (pending, x) if first else (x, pending), y, clamp)
        made = device.emit(c, pending, wanted)
        pair = (made.tensor, device.conform(c, x, made.axes))
        tensor = elementwise.add(
            c.builder, name, pair if first else pair[::-1], y, 1 if op == "Add" else -1, clamp
        )
        return dataclasses.replace(made, tensor=tensor)

    shape: Shape = pending.shape
    return Pending(name, op, shape, emit)


def _in_float(
    c: Context, name: str, op: str, pair: tuple[Pending | Real, Pending | Real], y: TensorInfo, clamp: Clamp
) -> Real:
    """The sum in float32, where the layer's result would be too coarse."""
    a, b = (floats.of(c, value) for value in pair)
    tensors = a.tensor, device.conform(c, b, a.axes)
    made = lower.clip(c.builder, f"{name} clip", lower.pair(c.builder, name, op.lower(), *tensors), clamp)
    return Real(lower.quantize(c.builder, f"{name} quantised", made, y), a.shape, a.axes)


def _wanted(y: TensorInfo, clamp: Clamp, x: TensorInfo, op: str, first: bool) -> tuple[float, float]:
    """The values of the pending operand for which the sum lies inside the output's codes."""
    (low, high), (least, most) = _range(y, *clamp.bounds(y)), _range(x, -128, 127)
    if op == "Add":
        return low - most, high - least
    return (low + least, high + most) if first else (least - high, most - low)


def _range(x: TensorInfo, lo: int, hi: int) -> tuple[float, float]:
    scale, zero = x.quant
    return (lo - zero) * scale, (hi - zero) * scale

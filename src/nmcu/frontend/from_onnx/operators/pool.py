"""Pooling and means."""

import dataclasses

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Shape
from nmcu.frontend.from_onnx.operators.padding import explicit
from nmcu.frontend.from_onnx.operators.shape import shape_of
from nmcu.frontend.from_onnx.values import Pending, Real
from nmcu.frontend.lower import elementwise, pool, shape
from nmcu.frontend.lower.clamp import NONE, Clamp
from nmcu.graph import TensorInfo

Pads = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True)
class Window:
    """Kernel, strides and pads of a pooling node, and the model shape it gives.

    With ceil_mode the last windows reach `beyond` the pads by so many rows and columns, which hold nothing.
    """

    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: Pads
    shape: Shape
    beyond: tuple[int, int] = (0, 0)

    @property
    def reach(self) -> tuple[int, int, int, int]:
        """Pads and what is beyond them."""
        top, left, bottom, right = self.pads
        return top, left, bottom + self.beyond[0], right + self.beyond[1]


def max_pool(c: Context) -> None:
    """Commutes with quantisation, so it needs no scale of its own."""
    if len(c.node.outputs) > 1 and c.node.outputs[1]:
        raise c.error("gives indices, which are not supported")
    window = _window(c, c.value(0))
    _max(c, window)


def global_max_pool(c: Context) -> None:
    """A window as large as the map."""
    _max(c, _whole(c))


def average_pool(c: Context) -> None:
    """Padding counts only with count_include_pad, which becomes a padding of its own; ceil_mode's never does."""
    x = device.stored(c, 0)
    window, name = _window(c, x), c.node.name
    included = c.integer("count_include_pad", 0) == 1 and any(window.pads)

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        tensor, pads = device.conform(c, x, layout.CHANNELS_LAST), window.reach
        if included:
            top, left, bottom, right = window.pads
            before, after = (0, top, left, 0), (0, bottom, right, 0)
            value = tensor.quant[1]
            tensor = shape.pad(c.builder, f"{name} pad", tensor, before, after, value, f"{tensor.name} pad")
            pads = (0, 0, *window.beyond)
        made = pool.average(c.builder, name, tensor, y, window.kernel, window.strides, pads, clamp)
        return Real(made, window.shape, layout.CHANNELS_LAST)

    c.write(Pending(name, c.node.op, window.shape, emit))


def global_average_pool(c: Context) -> None:
    """The mean over height and width."""
    _whole(c)
    _reduced(c, {2, 3}, True, "mean")


def reduce_mean(c: Context) -> None:
    """A mean over any axes, as pooling."""
    _reduce(c, "mean")


def reduce_sum(c: Context) -> None:
    """A sum over any axes, as pooling."""
    _reduce(c, "sum")


def reduce_max(c: Context) -> None:
    """The largest value over any axes; commutes with quantisation."""
    _reduce(c, "max")


def reduce_min(c: Context) -> None:
    """The smallest value over any axes; commutes with quantisation."""
    _reduce(c, "min")


def _reduce(c: Context, how: pool.Reduction) -> None:
    axes = c.constant_ints(1) if c.has(1) else c.attribute("axes", ())
    if not axes and c.integer("noop_with_empty_axes", 0) == 1:
        c.write(c.value(0))
        return
    old = shape_of(c, 0)
    rank = len(old)
    found = {a + rank if a < 0 else a for a in axes} or set(range(rank))
    if any(not 0 <= a < rank for a in found):
        raise c.error(f"axes {sorted(found)} do not exist in shape {old}")
    _reduced(c, found, c.integer("keepdims", 1) == 1, how)


def _reduced(c: Context, axes: set[int], keep: bool, how: pool.Reduction) -> None:
    old, name, output = shape_of(c, 0), c.node.name, c.node.outputs[0]
    kept = tuple(1 if a in axes else d for a, d in enumerate(old))
    result = kept if keep else tuple(d for a, d in enumerate(old) if a not in axes)

    def made(given: Real, y: TensorInfo, clamp: Clamp) -> Real:
        x = device.unflatten(c, given)
        full = layout.permuted(old, x.axes)
        places = {place for place, a in enumerate(x.axes) if a in axes}
        if all(full[p] == 1 for p in places):
            same = elementwise.requantize(c.builder, name, x.tensor, y)
            tensor = elementwise.clip(c.builder, f"{name} clip", same, clamp)
        else:
            tensor = pool.reduce(c.builder, name, x.tensor, full, places, y, how, clamp)
        wanted = shape.device_shape(layout.permuted(kept, x.axes))
        tensor = shape.reshape(c.builder, f"{name} out", tensor, wanted, f"{y.name} out")
        return device.reshaped(c, Real(tensor, kept, x.axes), result, f"{name} shape")

    if how in ("max", "min"):

        def step(given: Real) -> Real:
            x = device.plain(c, given)
            return made(x, shape.named(x.tensor, output), NONE)

        device.move(c, 0, result, step)
        return
    stored = device.stored(c, 0)
    c.write(Pending(name, c.node.op, result, lambda y, clamp: made(stored, y, clamp)))


def _max(c: Context, window: Window) -> None:
    name, output = c.node.name, c.node.outputs[0]

    def step(value: Real) -> Real:
        x = device.plain(c, value)
        y = shape.named(x.tensor, output)
        tensor = device.conform(c, x, layout.CHANNELS_LAST)
        made = pool.maximum(c.builder, name, tensor, y, window.kernel, window.strides, window.reach)
        return Real(made, window.shape, layout.CHANNELS_LAST)

    device.move(c, 0, window.shape, step)


def _map_shape(c: Context, value: object) -> Shape:
    found = getattr(value, "shape", ())
    if len(found) != 4:
        raise c.error(f"input has shape {found}; supported: (1, channels, height, width)")
    return tuple(found)


def _whole(c: Context) -> Window:
    found = _map_shape(c, c.value(0))
    return Window((found[2], found[3]), (1, 1), (0, 0, 0, 0), (*found[:2], 1, 1))


def _window(c: Context, value: object) -> Window:
    found = _map_shape(c, value)
    kernel, strides = c.ints("kernel_shape", 2, 0), c.ints("strides", 2, 1)
    if c.ints("dilations", 2, 1) != (1, 1):
        raise c.error("dilations are not supported for pooling")
    pads = explicit(c, found[2:], kernel, strides, (1, 1))
    sizes, beyond = [], [0, 0]
    for i in (0, 1):
        room = found[2 + i] + pads[i] + pads[i + 2] - kernel[i]
        if room < 0 or max(pads[i], pads[i + 2]) >= kernel[i]:
            raise c.error(f"kernel {kernel} and pads {pads} do not fit the map {found[2:]}")
        count = room // strides[i] + 1
        missing = -room % strides[i]
        # With ceil_mode a last window may reach past the padding, if it starts inside the map or its padding.
        if c.integer("ceil_mode", 0) == 1 and missing and count * strides[i] < found[2 + i] + pads[i]:
            beyond[i] = missing
            count += 1
        sizes.append(count)
    return Window(
        (kernel[0], kernel[1]),
        (strides[0], strides[1]),
        (pads[0], pads[1], pads[2], pads[3]),
        (*found[:2], *sizes),
        (beyond[0], beyond[1]),
    )

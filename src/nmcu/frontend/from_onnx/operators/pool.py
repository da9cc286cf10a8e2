"""Pooling and means."""

import dataclasses
import math

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Shape
from nmcu.frontend.from_onnx.operators.padding import explicit
from nmcu.frontend.from_onnx.values import Pending, Real
from nmcu.frontend.lower import pool, shape
from nmcu.frontend.lower.clamp import Clamp
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
    _mean(c, {2, 3}, keep=True)


def reduce_mean(c: Context) -> None:
    """A mean over any axes, as pooling."""
    axes = c.constant_ints(1) if c.has(1) else c.attribute("axes", ())
    if not axes and c.integer("noop_with_empty_axes", 0) == 1:
        c.write(c.value(0))
        return
    x = device.stored(c, 0)
    rank = len(x.shape)
    axes = {a + rank if a < 0 else a for a in axes} or set(range(rank))
    if any(not 0 <= a < rank for a in axes):
        raise c.error(f"axes {sorted(axes)} do not exist in shape {x.shape}")
    _mean(c, axes, c.integer("keepdims", 1) == 1)


def _mean(c: Context, reduced: set[int], keep: bool) -> None:
    """A mean over any axes: on the device these lie together, and pooling over them sees (outer, inner) around."""
    x, name = device.stored(c, 0), c.node.name
    order = layout.default(len(x.shape)) if x.flat else x.axes
    places = [i for i, a in enumerate(order) if a in reduced and x.shape[a] != 1]
    between = order[places[0] : places[-1] + 1] if places else ()
    if any(a not in reduced and x.shape[a] != 1 for a in between):
        order = (*(a for a in order if a not in reduced), *(a for a in order if a in reduced))
        places = [i for i, a in enumerate(order) if a in reduced and x.shape[a] != 1]
    full = layout.permuted(x.shape, order)
    first, last = (places[0], places[-1] + 1) if places else (0, 0)
    outer, extent, inner = (math.prod(full[a:b]) for a, b in ((None, first), (first, last), (last, None)))
    kept = tuple(1 if a in reduced else d for a, d in enumerate(x.shape))
    result = kept if keep else tuple(d for a, d in enumerate(x.shape) if a not in reduced)

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        tensor = device.conform(c, x, order)
        if len(tensor.shape) != 4 or (outer, places) != (1, [1, 2]):
            tensor = shape.reshape(c.builder, f"{name} in", tensor, (1, outer, extent, inner), f"{y.name} in")
        kernel = (1, extent) if outer != 1 else (tensor.shape[1], tensor.shape[2])
        made = pool.average(c.builder, name, tensor, y, kernel, (1, 1), activation=clamp)
        wanted = shape.device_shape(layout.permuted(kept, order))
        made = shape.reshape(c.builder, f"{name} out", made, wanted, f"{y.name} out")
        return device.reshaped(c, Real(made, kept, order), result, f"{name} shape")

    c.write(Pending(name, c.node.op, result, emit))


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

"""Softmax, log-softmax, argmax."""

from nmcu.frontend.from_onnx import device
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Axes
from nmcu.frontend.from_onnx.values import Integers, Pending, Real
from nmcu.frontend.lower import softmax as lower
from nmcu.frontend.lower.clamp import Clamp
from nmcu.frontend.lower.elementwise import clip
from nmcu.graph import TensorInfo


def softmax(c: Context) -> None:
    """Along one axis; its range 0..1 is known, so a float model output needs no QuantizeLinear."""
    x, axes, name = *_last(c), c.node.name

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        made = lower.softmax(c.builder, name, device.conform(c, x, axes), y)
        return Real(clip(c.builder, f"{name} clip", made, clamp), x.shape, axes)

    c.write(Pending(name, c.node.op, x.shape, emit, range=(0.0, 1.0)))


def log_softmax(c: Context) -> None:
    """As softmax; its range is not known beforehand."""
    x, axes, name = *_last(c), c.node.name

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        made = lower.log_softmax(c.builder, name, device.conform(c, x, axes), y)
        return Real(clip(c.builder, f"{name} clip", made, clamp), x.shape, axes)

    c.write(Pending(name, c.node.op, x.shape, emit))


def arg_max(c: Context) -> None:
    """Indices, which can only be a model output."""
    _arg(c, smallest=False)


def arg_min(c: Context) -> None:
    """Indices, which can only be a model output."""
    _arg(c, smallest=True)


def _arg(c: Context, smallest: bool) -> None:
    if c.integer("select_last_index", 0):
        raise c.error("select_last_index is not supported")
    x, axes = _last(c, c.integer("axis", 0))
    made = lower.arg_max(c.builder, c.node.name, device.conform(c, x, axes), c.node.outputs[0], smallest)
    keep = c.integer("keepdims", 1) == 1
    rank, axis = len(x.shape), axes[-1]
    shape = tuple(1 if a == axis else d for a, d in enumerate(x.shape))
    order = axes
    if not keep:
        shape = tuple(d for a, d in enumerate(shape) if a != axis)
        order = tuple(range(rank - 1))
    c.write(Integers(made, shape, order))


def _last(c: Context, default: int = -1) -> tuple[Real, Axes]:
    """Input 0 and the order that puts the node's axis last."""
    x = device.stored(c, 0)
    rank = len(x.shape)
    axis = c.axis(c.integer("axis", default), rank)
    return x, (*(a for a in range(rank) if a != axis), axis)

"""Softmax."""

from nmcu.frontend.from_onnx import device
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.values import Pending, Real
from nmcu.frontend.lower import softmax as lower
from nmcu.frontend.lower.clamp import Clamp
from nmcu.graph import TensorInfo


def softmax(c: Context) -> None:
    """Along one axis; its range 0..1 is known, so a float model output needs no QuantizeLinear."""
    x, name = device.stored(c, 0), c.node.name
    rank = len(x.shape)
    axis = c.integer("axis", -1)
    axis = axis + rank if axis < 0 else axis
    if not 0 <= axis < rank:
        raise c.error(f"axis {axis} does not exist in shape {x.shape}")
    axes = (*(a for a in range(rank) if a != axis), axis)

    def emit(y: TensorInfo, clamp: Clamp) -> Real:
        if clamp.bounds(y) != (-128, 127):
            raise c.error("is followed by a clip, which is not supported")
        return Real(lower.softmax(c.builder, name, device.conform(c, x, axes), y), x.shape, axes)

    c.write(Pending(name, c.node.op, x.shape, emit, range=(0.0, 1.0)))


CONVERTERS = {"Softmax": softmax}

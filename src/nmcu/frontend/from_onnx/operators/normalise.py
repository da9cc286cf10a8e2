"""LayerNormalization over the last axis."""

import numpy as np

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.values import Affine, Pending, Real, Reals
from nmcu.frontend.lower import attention
from nmcu.frontend.lower.clamp import Clamp
from nmcu.graph import TensorInfo


def layer_normalization(c: Context) -> None:
    """With constant scale and bias; factors and offsets that follow are folded into them."""
    x = device.stored(c, 0)
    rank = len(x.shape)
    if c.integer("axis", -1) not in (-1, rank - 1) or any(c.node.outputs[1:]):
        raise c.error(
            "normalises over more than the last axis, or gives mean or deviation; supported: neither"
        )
    channels, epsilon = x.shape[-1], float(c.attribute("epsilon", 1e-5))
    name, op = c.node.name, c.node.op
    axes = x.axes if x.axes[-1] == rank - 1 else layout.identity(rank)

    def build(gamma: Reals, beta: Reals) -> Pending:
        def emit(y: TensorInfo, clamp: Clamp) -> Real:
            tensor = device.conform(c, x, axes)
            made = attention.layer_norm(c.builder, name, tensor, y, gamma, beta, epsilon, clamp)
            return Real(made, x.shape, axes)

        return Pending(
            name,
            op,
            x.shape,
            emit,
            affine=Affine(channels, rank - 1, lambda gain, offset: build(gamma * gain, beta * gain + offset)),
        )

    c.write(build(_channels(c, 1, channels, 1.0), _channels(c, 2, channels, 0.0)))


def _channels(c: Context, position: int, channels: int, default: float) -> Reals:
    if not c.has(position):
        return np.full(channels, default)
    array = c.constant(position).astype(np.float64).reshape(-1)
    if array.size not in (1, channels):
        raise c.error(f"has {array.size} scales or biases for {channels} channels")
    return np.broadcast_to(array, (channels,))

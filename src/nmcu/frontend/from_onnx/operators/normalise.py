"""Normalisation: over the last axis, of each channel, of groups of channels."""

import dataclasses
import math

import numpy as np

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.values import Affine, Pending, Real, Reals
from nmcu.frontend.lower import attention
from nmcu.frontend.lower.clamp import Clamp
from nmcu.frontend.lower.shape import device_shape, reshape
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


def rms_normalization(c: Context) -> None:
    """By the root of the mean square along the last axis, with a constant scale."""
    x = device.stored(c, 0)
    rank, channels = len(x.shape), x.shape[-1]
    if c.integer("axis", -1) not in (-1, rank - 1):
        raise c.error("normalises over more than the last axis, which is not supported")
    epsilon = float(c.attribute("epsilon", 1e-5))
    c.write(_uncentred(c, x, rank - 1, _channels(c, 1, channels, 1.0), epsilon))


def lp_normalization(c: Context) -> None:
    """By the root of the sum of squares (p = 2) along one axis."""
    x = device.stored(c, 0)
    rank, p = len(x.shape), c.integer("p", 2)
    axis = c.integer("axis", -1)
    if p != 2 or not -rank <= axis < rank:
        raise c.error(f"has p = {p} and axis {axis} of {rank}; supported: p = 2 and an axis that exists")
    size = x.shape[axis]
    c.write(_uncentred(c, x, axis % rank, np.full(size, 1.0 / math.sqrt(size)), 0.0))


def _uncentred(c: Context, x: Real, axis: int, gamma: Reals, epsilon: float) -> Pending:
    rank, name, op = len(x.shape), c.node.name, c.node.op
    axes = x.axes if x.axes[-1] == axis else (*(a for a in range(rank) if a != axis), axis)

    def build(gamma: Reals, beta: Reals) -> Pending:
        def emit(y: TensorInfo, clamp: Clamp) -> Real:
            tensor = device.conform(c, x, axes)
            made = attention.layer_norm(
                c.builder, name, tensor, y, gamma, beta, epsilon, clamp, centred=False
            )
            return Real(made, x.shape, axes)

        affine = Affine(gamma.size, axis, lambda gain, offset: build(gamma * gain, beta * gain + offset))
        return Pending(name, op, x.shape, emit, affine=affine)

    return build(gamma, np.zeros(gamma.size))


def instance_normalization(c: Context) -> None:
    """Of each channel, with constant scale and bias; factors and offsets that follow are folded into them."""
    _grouped(c, c.value(0).shape[1] if len(c.value(0).shape) > 2 else 0)


def group_normalization(c: Context) -> None:
    """Of groups of channels, with constant scale and bias for each channel (before opset 21: each group)."""
    _grouped(c, c.integer("num_groups", 0))


def _grouped(c: Context, groups: int) -> None:
    """Rows of the model's own order, channels first, are groups; each has channels of its own."""
    x = device.stored(c, 0)
    shape, name, op = x.shape, c.node.name, c.node.op
    if len(shape) < 3 or shape[0] != 1 or groups < 1 or shape[1] % groups:
        raise c.error(
            f"normalises {groups} groups of {shape}; supported: (1, channels, ...) with equal groups"
        )
    epsilon, axes = float(c.attribute("epsilon", 1e-5)), layout.identity(len(shape))
    rows = (groups, math.prod(shape) // groups)

    def build(result: layout.Shape, gamma: Reals, beta: Reals) -> Pending:
        channels, repeat = result[1], math.prod(result[2:])

        def emit(y: TensorInfo, clamp: Clamp) -> Real:
            tensor = reshape(c.builder, f"{name} rows", device.conform(c, x, axes), rows, f"{name} rows")
            own = dataclasses.replace(y, name=f"{y.name} rows")
            made = attention.layer_norm(
                c.builder, name, tensor, own, gamma, beta, epsilon, clamp, repeat=repeat
            )
            wanted = device_shape(result)
            return Real(
                reshape(c.builder, f"{name} out", made, wanted, y.name), result, layout.identity(len(result))
            )

        def other(new: layout.Shape) -> Pending | None:
            if len(new) < 3 or new[0] != 1 or new[1] % channels:
                return None
            return build(new, *(np.repeat(each, new[1] // channels) for each in (gamma, beta)))

        def rebuild(gain: Reals, offset: Reals) -> Pending:
            return build(result, gamma * gain, beta * gain + offset)

        return Pending(name, op, result, emit, affine=Affine(channels, 1, rebuild, other))

    c.write(build(shape, *(_each(c, i, shape[1], groups) for i in (1, 2))))


def _each(c: Context, position: int, channels: int, groups: int) -> Reals:
    array = c.constant(position).astype(np.float64).reshape(-1)
    if array.size not in (channels, groups):
        raise c.error(f"has {array.size} scales or biases for {channels} channels in {groups} groups")
    return np.repeat(array, channels // array.size)


def _channels(c: Context, position: int, channels: int, default: float) -> Reals:
    if not c.has(position):
        return np.full(channels, default)
    array = c.constant(position).astype(np.float64).reshape(-1)
    if array.size not in (1, channels):
        raise c.error(f"has {array.size} scales or biases for {channels} channels")
    return np.broadcast_to(array, (channels,))

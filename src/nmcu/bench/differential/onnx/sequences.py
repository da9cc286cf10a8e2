"""Normalisation, softmax and the products of attention."""

import dataclasses
import math

import numpy as np

from nmcu.bench.differential.onnx.finish import finish
from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Value


def layer_normalization(net: Network, x: Value) -> None:
    """Over the last axis, as a node or written out; with scale and bias, which may follow as nodes of their own."""
    c = x.shape[-1]
    gamma, beta = net.constant(net.floats((c,), -1.5, 2.0)), net.constant(net.floats((c,), -1.0, 1.0))
    epsilon = net.any_of((1e-5, 1e-3, 0.1))  # far less: what float32 leaves of equal values becomes a step
    if net.opset >= 17 and net.maybe():
        rest = [gamma, beta] if net.maybe() else [gamma]
        attributes: dict[str, object] = {"epsilon": epsilon} if net.maybe() else {}
        if net.maybe():
            attributes["axis"] = net.any_of((-1, x.rank - 1))
        name = net.one("LayerNormalization", net.use(x), *rest, **attributes)
    else:
        name = _written_out(net, x, epsilon)
        if net.maybe():
            name = net.one("Add", net.one("Mul", name, gamma), beta)
    reach = 2 * math.sqrt(c) + 1
    finish(net, Value(name, x.shape, -reach, reach, "pending"))


def channel_normalization(net: Network, x: Value) -> None:
    """Of each channel, or of groups of them; along one axis by the root of the sum of squares."""
    channels = x.shape[1]
    if net.maybe():
        gamma, beta = (net.constant(net.floats((channels,), low, 2.0)) for low in (-1.5, -1.0))
        attributes: dict[str, object] = {"epsilon": net.any_of((1e-3, 0.1))}
        op = "InstanceNormalization"
        if net.opset >= 21 and net.maybe():
            op = "GroupNormalization"
            attributes["num_groups"] = net.any_of([g for g in range(1, channels + 1) if channels % g == 0])
        name = net.one(op, net.use(x), gamma, beta, **attributes)
        reach = 2 * math.sqrt(math.prod(x.shape[1:])) + 1
    else:
        name = net.one("LpNormalization", net.use(x), axis=net.number(0, x.rank - 1) - x.rank, p=2)
        reach = 1.0
    finish(net, Value(name, x.shape, -reach, reach, "pending"))


def _written_out(net: Network, x: Value, epsilon: float) -> str:
    """(x - mean) / sqrt(mean((x - mean)**2) + epsilon)."""
    source = net.use(x)

    def mean(name: str) -> str:
        if net.opset >= 18:
            return net.one("ReduceMean", name, net.constant(np.array([-1], np.int64)))
        return net.one("ReduceMean", name, axes=[-1])

    centred = net.one("Sub", source, mean(source))
    square = net.one("Pow", centred, net.constant(np.float32(2)))
    deviation = net.one("Sqrt", net.one("Add", mean(square), net.constant(np.float32(epsilon))))
    return net.one("Div", centred, deviation)


def softmax(net: Network, x: Value) -> None:
    """Softmax, which may end the network in float; logarithm of softmax."""
    axis = net.number(0, x.rank - 1)
    attributes = (
        {} if axis == x.rank - 1 and net.maybe() else {"axis": axis - x.rank if net.maybe() else axis}
    )
    if net.maybe():
        reach = 2 * x.reach + math.log(x.shape[axis]) + 0.1
        name = net.one("LogSoftmax", net.use(x), **attributes)
        finish(net, dataclasses.replace(x, name=name, form="pending", low=-reach, high=0.0, integers=""))
        return
    name = net.one("Softmax", net.use(x), **attributes)
    made = dataclasses.replace(x, name=name, form="pending", low=0.0, high=1.0, integers="", quant=None)
    if net.maybe():
        net.ends.append(made)
    elif net.maybe():
        net.pair(made, (1 / 256, -128))
    else:
        finish(net, made)


def product(net: Network, x: Value) -> None:
    """A product of two activations, one of them transposed; heads on the leading axes."""
    if net.maybe():
        return attention(net, x)
    perm = [*range(x.rank - 2), x.rank - 1, x.rank - 2]
    other = net.other(
        lambda t: t.rank == x.rank and t.shape[:-2] == x.shape[:-2] and t.shape[-1] == x.shape[-1]
    )
    other = other or x
    turned = net.one("Transpose", net.use(other), perm=perm)
    source = net.use(x)
    if net.maybe():
        source = net.one("Mul", source, net.constant(np.float32(0.35)))
    name = net.one("MatMul", source, turned)
    reach = x.reach * other.reach * math.sqrt(x.shape[-1]) / 2
    if net.maybe():
        name = net.one(net.any_of(("Div", "Mul")), name, net.constant(np.float32(2.83)))
    shape = (*x.shape[:-1], other.shape[-2])
    return finish(net, Value(name, shape, -reach, reach, "pending"))


def attention(net: Network, x: Value) -> None:
    """Self-attention of tokens (1, T, C) or (T, C): heads, scores, softmax, values."""
    tokens, channels = x.shape[-2:]
    heads = net.any_of([h for h in range(1, channels + 1) if channels % h == 0])
    size = channels // heads
    split = net.constant(np.array([tokens, heads, size], np.int64))
    part = net.one("Reshape", net.use(x), split)
    queries = net.one("Transpose", part, perm=[1, 0, 2])
    keys = net.one("Transpose", part, perm=[1, 2, 0])
    reach = x.reach * x.reach * math.sqrt(size)
    gain = np.float32(4.0 / reach)
    scaled = net.one("Mul", net.one("MatMul", queries, keys), net.constant(gain))
    scores = net.pair(Value(scaled, (heads, tokens, tokens), -4.0, 4.0, "pending"))
    shares = Value(net.one("Softmax", net.use(scores), axis=-1), scores.shape, 0.0, 1.0, "pending")
    shares = net.pair(shares, (1 / 256, -128))
    values = net.one("MatMul", net.use(shares), queries)
    mixed = net.pair(Value(values, (heads, tokens, size), x.low, x.high, "pending"))
    together = net.one("Transpose", net.use(mixed), perm=[1, 0, 2])
    name = net.one("Reshape", together, net.constant(np.array(x.shape, np.int64)))
    finish(net, dataclasses.replace(mixed, name=name, shape=x.shape, form="stored", integers=""))


def arg_max(net: Network, x: Value) -> None:
    """Indices as a model output; all axes."""
    axis, keep = net.number(0, x.rank - 1), net.maybe()
    attributes = {} if axis == 0 and net.maybe() else {"axis": axis - x.rank if net.maybe() else axis}
    if not keep or net.maybe():
        attributes["keepdims"] = int(keep)
    shape = tuple(1 if a == axis else d for a, d in enumerate(x.shape) if keep or a != axis)
    name = net.one("ArgMax", net.use(x), **attributes)
    net.ends.append(Value(name, shape, 0.0, float(x.shape[axis]), "pending", axis=-1))

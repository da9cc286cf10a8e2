"""A small Vision Transformer: 32x32 input in patches of 4x4, 64 + 1 tokens, 1.4 G MACs, 21 MB of weights."""

import math
from dataclasses import dataclass

import numpy as np

from nmcu.bench.calibrated import CalibratedBuilder
from nmcu.frontend.lower.functions import gelu
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.sparsity import NMPattern

CLASSES = 10
EPSILON = 1e-6


@dataclass(frozen=True)
class VitShape:
    """Sizes of a Vision Transformer; the default is the benchmark's."""

    image: int = 32
    patch: int = 4
    width: int = 384
    blocks: int = 12
    heads: int = 6
    hidden: int = 1536


BENCHMARK = VitShape()


def vit(pattern: NMPattern | None = None, seed: int = 0, shape: VitShape = BENCHMARK) -> Graph:
    """The network with random weights, all linear layers but the classifier pruned to `pattern`."""
    net = CalibratedBuilder(pattern, seed, (1, shape.image, shape.image, 3))
    x = net.conv(
        "patches", net.image, shape.width, shape.patch, shape.patch, relu=False, prune=False, padding=0
    )
    tokens = (shape.image // shape.patch) ** 2
    flat = TensorInfo("tokens.out", (), "int8", *x.quant)
    x = net.append("tokens", ops.Reshape(shape=(tokens, shape.width)), [x], flat, {})
    joined = TensorInfo("class_token.out", (), "int8", *x.quant)
    first = _constant(net, "class_token.value", (1, shape.width), joined)
    x = net.append("class_token", ops.Concat(axis=0), [first, x], joined, {})
    position = _constant(net, "position.value", (tokens + 1, shape.width), joined)
    x = net.add("position", x, position)
    for block in range(shape.blocks):
        x = _block(net, f"block{block}", x, shape)
    x = _norm(net, "norm", x)
    row = TensorInfo("class.out", (), "int8", *x.quant)
    x = net.append("class", ops.Slice(starts=(0, 0), steps=(1, 1), shape=(1, shape.width)), [x], row, {})
    return net.finish(net.linear("head", x, CLASSES, prune=False))


def _block(net: CalibratedBuilder, name: str, x: TensorInfo, shape: VitShape) -> TensorInfo:
    y = net.linear(f"{name}.qkv", _norm(net, f"{name}.norm1", x), 3 * shape.width)
    y = net.linear(f"{name}.proj", _attention(net, name, y, shape), shape.width)
    x = net.add(f"{name}.add1", x, y)
    y = _gelu(
        net,
        f"{name}.gelu",
        net.linear(f"{name}.fc1", _norm(net, f"{name}.norm2", x), shape.hidden),
    )
    return net.add(f"{name}.add2", x, net.linear(f"{name}.fc2", y, shape.width))


def _attention(net: CalibratedBuilder, name: str, qkv: TensorInfo, shape: VitShape) -> TensorInfo:
    """Queries, keys and values are a third of the channels each."""
    width, heads = shape.width, shape.heads
    size = width // heads
    real = net.real(qkv).reshape(len(net.values[qkv.name]), 3, heads, size)
    q, k, v = (real[:, i].transpose(1, 0, 2) for i in range(3))
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(size)
    y = net.calibrated(f"{name}.scores", scores, False)
    op, constants = ops.AttentionScores.build(
        y.name, qkv, qkv, y, heads=heads, head_size=size, k_offset=width, gain=1 / math.sqrt(size)
    )
    y = net.append(f"{name}.scores", op, [qkv, qkv], y, constants)
    p = TensorInfo(f"{name}.softmax.out", y.shape, "int8", 1 / 256, -128)
    softmax, tables = ops.Softmax.build(p.name, y, p)
    p = net.append(f"{name}.softmax", softmax, [y], p, tables)
    values = net.real(p).reshape(heads, -1, p.shape[1]) @ v
    y = net.calibrated(f"{name}.values", values, False)
    weighted, constants = ops.AttentionValues.build(
        y.name, p, qkv, y, heads=heads, head_size=size, v_offset=2 * width
    )
    return net.append(f"{name}.values", weighted, [p, qkv], y, constants)


def _norm(net: CalibratedBuilder, name: str, x: TensorInfo) -> TensorInfo:
    channels = x.shape[-1]
    gamma, beta = net.random.normal(1, 0.2, channels), net.random.normal(0, 0.2, channels)
    real = net.real(x)
    centred = real - real.mean(axis=-1, keepdims=True)
    normal = centred / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + EPSILON)
    y = net.calibrated(name, normal * gamma + beta, False)
    op, constants = ops.LayerNorm.build(name, x, y, gamma, beta, EPSILON)
    return net.append(name, op, [x], y, constants)


def _gelu(net: CalibratedBuilder, name: str, x: TensorInfo) -> TensorInfo:
    lowest = float(gelu(np.array([-0.7518]))[0])
    top = float(np.percentile(gelu(net.real(x)), 99.9))
    scale = (top - lowest) / 255
    y = TensorInfo(f"{name}.out", (), "int8", scale, round(-128 - lowest / scale))
    op, constants = ops.Table.build("gelu", x, y, gelu)
    return net.append(name, op, [x], y, constants)


def _constant(net: CalibratedBuilder, name: str, shape: tuple[int, int], like: TensorInfo) -> TensorInfo:
    """Random values in half of the range of `like`."""
    value = net.random.integers(-64, 64, shape).astype(np.int8)
    y = TensorInfo(f"{name}.out", (), "int8", *like.quant)
    return net.append(name, ops.Constant(), [], y, {"value": value})

"""Mutations of model files: of their bytes, and of the structure of an ONNX model."""

import random
from pathlib import Path

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto

from frontend import ort

NUMBERS = [0, 1, 2, -1, -(2**63), 2**63 - 1, 2**31, 2**31 - 1, -(2**31), 2**40, 3, 7, 255, 65536]
WORDS = [
    4 * b"\xff",
    4 * b"\0",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\x80",
    np.float32(np.nan).tobytes(),
    np.float32(np.inf).tobytes(),
]


def small_model(folder: Path) -> Path:
    """A quantised network with many operators and few weights, so that mutations hit structure."""
    m = ort.FloatModel(1, 2, 8, 8)
    a = m.node("Relu", m.conv("input", 2, 4))
    b = m.conv(a, 4, 4, group=4)
    c = m.node("Concat", m.node("Add", a, b), b, axis=1)
    r = m.node("Resize", c, "", m.constant(np.array([1, 1, 2, 2], np.float32)), mode="nearest")
    p = m.node("MaxPool", r, kernel_shape=[2, 2], strides=[2, 2])
    q = m.node("AveragePool", p, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    d = m.node("ConvTranspose", q, m.weight(8, 3, 2, 2), strides=[2, 2])
    s = m.node("Slice", d, *(m.constant(np.array([v])) for v in (0, 3, 2)))
    e = m.node("Pad", s, m.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1])))
    t = m.node("Transpose", m.node("Sigmoid", e), perm=[0, 2, 3, 1])
    g = m.node("Reshape", t, m.constant(np.array([1, -1])))
    m.node("Softmax", m.gemm(g, 3 * 5 * 10, 3))
    return ort.quantise(m.save(folder / "small.onnx"), per_channel=False)


def of_bytes(data: bytes, rng: random.Random) -> bytes:
    """Cut off, overwritten, deleted and inserted bytes."""
    changed = bytearray(data)
    if rng.random() < 0.1:
        return bytes(changed[: rng.randrange(len(changed))])
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        place = rng.randrange(len(changed))
        kind = rng.random()
        if kind < 0.5:
            changed[place] = rng.randrange(256)
        elif kind < 0.7:
            changed[place : place + 4] = rng.choice(WORDS)
        elif kind < 0.85:
            del changed[place : place + rng.randrange(1, 9)]
        else:
            changed[place:place] = rng.randbytes(rng.randrange(1, 9))
    return bytes(changed)


def of_structure(model: onnx.ModelProto, rng: random.Random) -> None:
    """Change nodes, attributes, names, shapes and constants of `model` in place; it stays a valid protobuf."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        rng.choice([_node, _attribute, _attribute, _constant, _constant, _shape])(model.graph, rng)


def _node(graph: onnx.GraphProto, rng: random.Random) -> None:
    node = rng.choice(graph.node)
    kind = rng.randrange(6)
    names = [o for n in graph.node for o in n.output] + [t.name for t in graph.initializer]
    if kind == 0:
        graph.node.remove(node)
    elif kind == 1 and node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice([*names, "", "nowhere"])
    elif kind == 2:
        node.op_type = rng.choice(
            [n.op_type for n in graph.node] + ["If", "Sigmoid", "ReduceMean", "Flatten", "Squeeze"]
        )
    elif kind == 3:
        node.input.extend([rng.choice(names)])
    elif kind == 4 and node.input:
        node.input.pop()
    else:
        node.output[0] = rng.choice(names)


def _attribute(graph: onnx.GraphProto, rng: random.Random) -> None:
    attributes = [a for n in graph.node for a in n.attribute]
    attribute = rng.choice(attributes)
    kind = rng.randrange(4)
    if kind == 0:
        attribute.type = rng.choice([AttributeProto.INT, AttributeProto.FLOATS, AttributeProto.STRING])
    elif attribute.ints and kind < 3:
        attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(NUMBERS)
    elif attribute.ints:
        del attribute.ints[0]
    else:
        attribute.i = rng.choice(NUMBERS)
        attribute.f = rng.choice([float("nan"), float("inf"), 0.0, -1.0])


def _constant(graph: onnx.GraphProto, rng: random.Random) -> None:
    tensor = rng.choice(graph.initializer)
    kind = rng.randrange(4)
    raw = bytearray(tensor.raw_data)
    if kind == 0 and tensor.dims:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(NUMBERS)
    elif kind == 1:
        tensor.data_type = rng.choice([*range(24), TensorProto.FLOAT, 99])
    elif len(raw) >= 4:
        place = rng.randrange(len(raw) // 4) * 4
        raw[place : place + 4] = rng.choice(WORDS)
        tensor.raw_data = bytes(raw)
    elif raw:
        tensor.raw_data = rng.randbytes(len(raw))


def _shape(graph: onnx.GraphProto, rng: random.Random) -> None:
    info = rng.choice([*graph.input, *graph.output])
    tensor = info.type.tensor_type
    kind = rng.randrange(4)
    if kind == 0 and tensor.shape.dim:
        rng.choice(tensor.shape.dim).dim_value = rng.choice(NUMBERS)
    elif kind == 1:
        tensor.elem_type = rng.choice([1, 2, 3, 7, 10, 16, 99])
    elif kind == 2:
        tensor.shape.dim.add().dim_value = rng.choice(NUMBERS)
    else:
        info.name = rng.choice([n.output[0] for n in graph.node])

"""The products of attention: MatMul head by head."""

from collections.abc import Sequence

import numpy as np

from nmcu.frontend.to_onnx.writer import Result, Writer
from nmcu.graph import Layer, TensorInfo, ops


def scores(w: Writer, layer: Layer, op: ops.AttentionScores) -> Result:
    """Queries (heads, T, size) times keys (heads, size, S)."""
    q, k = layer.inputs
    queries = _heads(w, q, op.q_offset, op, (1, 0, 2))
    keys = _heads(w, k, op.k_offset, op, (1, 2, 0))
    (y,) = layer.outputs
    return _shaped(w, _product(w, layer, op, queries, keys), y.shape, y.name), "last"


def values(w: Writer, layer: Layer, op: ops.AttentionValues) -> Result:
    """Weights (heads, T, S) times values (heads, S, size)."""
    (p, v), (y,) = layer.inputs, layer.outputs
    weights = _shaped(w, w.real(p), (op.heads, p.shape[0] // op.heads, p.shape[1]), f"{y.name} weights")
    product = _product(w, layer, op, weights, _heads(w, v, op.v_offset, op, (1, 0, 2)))
    return _shaped(
        w, w.node("Transpose", [product], f"{y.name} by token", perm=(1, 0, 2)), y.shape, y.name
    ), "last"


def _heads(
    w: Writer, x: TensorInfo, offset: int, op: ops.AttentionScores | ops.AttentionValues, perm: Sequence[int]
) -> str:
    """The heads of `x` (tokens, channels) from channel `offset` on: (tokens, heads, size) in the order `perm`."""
    name, real, width = x.name, w.real(x), op.heads * op.head_size
    if width < x.shape[1]:
        bounds = {"starts": offset, "ends": offset + width, "axes": 1}
        names = [w.constant(np.array([v], np.int64), f"{name} {what}") for what, v in bounds.items()]
        real = w.node("Slice", [real, *names], f"{name} part")
    shaped = _shaped(w, real, (x.shape[0], op.heads, op.head_size), f"{name} heads")
    return w.node("Transpose", [shaped], f"{name} by head", perm=perm)


def _product(w: Writer, layer: Layer, op: ops.AttentionScores | ops.AttentionValues, a: str, b: str) -> str:
    """`gain * a @ b`."""
    name, gain = layer.outputs[0].name, _gain(layer, op)
    if gain == 1.0:
        return w.node("MatMul", [a, b], f"{name} float", layer.name)
    product = w.node("MatMul", [a, b], f"{name} product", layer.name)
    return w.node("Mul", [product, w.constant(np.array(gain, np.float32), f"{name} gain")], f"{name} float")


def _gain(layer: Layer, op: ops.AttentionScores | ops.AttentionValues) -> float:
    """The factor beside the scales: 1 or `1 / sqrt(head_size)` where they round to the same multiplier."""
    a, b, y = (info.quant[0] for info in (*layer.inputs, *layer.outputs))
    exact = op.multiplier * 2.0**-op.shift * y / (a * b)
    likely = (1.0, float(np.float32(op.head_size**-0.5)))
    return next((gain for gain in likely if abs(exact / gain - 1) * op.multiplier <= 0.5), exact)


def _shaped(w: Writer, real: str, shape: Sequence[int], name: str) -> str:
    wanted = w.constant(np.array(shape, np.int64), f"{name} shape")
    return w.node("Reshape", [real, wanted], f"{name} shaped")

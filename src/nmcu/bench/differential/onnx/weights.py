"""Constant weights and biases in the forms that exporters write."""

import numpy as np

from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Shape
from nmcu.graph.op import Array


def integers(net: Network, shape: Shape) -> Array:
    """Random int8 weights (Cout, ..., Cin in the model's order), dense or with zeros, now and then all the same."""
    value = net.rng.integers(-127, 128, shape).astype(np.int8)
    how = net.any_of(("dense", "extreme", "zeros", "pattern", "dead", "small"))
    if how == "extreme":
        return net.rng.choice(np.array([-128, -127, 127], np.int8), shape)
    if how == "small":
        return (value // 40).astype(np.int8)
    if how == "zeros":
        value[net.rng.random(shape) < 0.8] = 0
    if how == "dead":
        value[: shape[0] // 2 + 1] = 0
    if how == "pattern":
        _, m = net.any_of(((1, 4), (1, 8), (2, 4)))
        flat = value.reshape(shape[0], -1)
        kept = net.rng.integers(0, m, flat.shape[1] // m + 1)
        for i in range(flat.shape[1]):
            if i % m != kept[i // m]:
                flat[:, i] = 0
    return value


def dequantised(net: Network, value: Array, axis: int, per_channel: bool = True) -> tuple[str, Array]:
    """`value` behind DequantizeLinear, with one scale or one per entry of `axis`; the name and the scales."""
    base = net.any_of((0.01, 0.5, 1e-5, 2.0**-7))
    scales = np.full((1,), base, np.float32)
    if per_channel and net.maybe():
        scales = net.floats((value.shape[axis],), 0.1, 1.0) * np.float32(base)
    listed = scales if len(scales) > 1 or net.style.lists else scales.reshape(())
    form = net.any_of(("int8", "zero", "uint8", "float"))
    given = axis - value.ndim if net.maybe() else axis
    attributes = {"axis": given} if scales.size > 1 and (given != 1 or net.maybe()) else {}
    if scales.size > 1 and axis != 1:
        attributes = {"axis": given}
    scale = net.constant(listed, "wscale")
    if form == "uint8":
        zeros = np.full(np.shape(listed), 128, np.uint8)
        ints = net.constant((value.astype(np.int16) + 128).astype(np.uint8), "w")
        return net.one("DequantizeLinear", ints, scale, net.constant(zeros), **attributes), scales
    zeros = np.zeros(np.shape(listed), np.int8)
    if form == "float":
        shape = [1] * value.ndim
        if scales.size > 1:
            shape[axis] = -1
        real = net.constant((value * scales.reshape(shape)).astype(np.float32), "w")
        zero = net.constant(zeros)
        ints = net.one("QuantizeLinear", real, scale, zero, **attributes)
        return net.one("DequantizeLinear", ints, scale, zero, **attributes), scales
    ints = net.constant(value, "w")
    rest = [net.constant(zeros)] if form == "zero" or scales.size > 1 else []
    return net.one("DequantizeLinear", ints, scale, *rest, **attributes), scales


def bias(net: Network, cout: int, x_scale: float, scales: Array, reach: float) -> list[str]:
    """No bias, a float one, or int32 at the accumulator's scale or at another."""
    how = net.any_of(("none", "int32", "float", "other"))
    if how == "none":
        return []
    real = net.floats((cout,), -reach, reach)
    if how == "float":
        return [net.constant(real, "bias")]
    scale = (np.float32(x_scale) * scales).astype(np.float32)
    if how == "other":
        scale = (scale * 3).astype(np.float32)
    scale = np.maximum(scale, np.float32(1e-30))
    ints = np.clip(np.rint(real / scale), -(2**24), 2**24).astype(np.int32)
    listed = scale if len(scale) > 1 or net.style.lists else scale.reshape(())
    rest = [net.constant(np.zeros(np.shape(listed), np.int32))] if net.maybe() else []
    attributes = {"axis": 0} if len(scale) > 1 else {}
    return [
        net.one("DequantizeLinear", net.constant(ints, "bias"), net.constant(listed), *rest, **attributes)
    ]

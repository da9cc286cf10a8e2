"""Operators on two tensors, and on a tensor and a constant of its size; concatenation."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from nmcu.bench.differential.onnx import moves, quants
from nmcu.bench.differential.onnx.finish import finish
from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Shape, Value


def _broadcast(a: Shape, b: Shape) -> Shape | None:
    try:
        shape = tuple(int(d) for d in np.broadcast_shapes(a, b))
    except ValueError:
        return None
    return shape if np.prod(shape) <= moves.MOST else None


def binary(net: Network, x: Value) -> None:
    """Two activations that broadcast, or one twice, or one and a quantised constant."""
    op = net.any_of(("Add", "Sub", "Mul", "Max", "Min"))
    other = (
        _constant(net, x) if net.maybe() else net.other(lambda t: _broadcast(x.shape, t.shape) is not None)
    )
    other = other or x
    shape = _broadcast(x.shape, other.shape) or x.shape
    a, b = (x, other) if net.maybe() else (other, x)
    name = net.one(op, net.use(a), net.use(b))
    corners = [_RESULTS[op](p, q) for p in (a.low, a.high) for q in (b.low, b.high)]
    finish(net, Value(name, shape, min(corners), max(corners), "pending"))


_RESULTS: Mapping[str, Callable[[float, float], float]] = {
    "Add": lambda p, q: p + q,
    "Sub": lambda p, q: p - q,
    "Mul": lambda p, q: p * q,
    "Max": max,
    "Min": min,
}


def _constant(net: Network, x: Value) -> Value:
    """A quantised constant tensor that broadcasts with `x`."""
    shape = tuple(1 if net.maybe() else d for d in x.shape)
    shape = shape[net.number(0, x.rank - 1) if x.rank and net.maybe() else 0 :]
    low, high = sorted((x.low * net.any_of((1.0, 0.25)), x.high * net.any_of((1.0, 4.0))))
    quant = quants.fitted(low, high, net.any_of((None, 0, 7)), 1.0, net.maybe())
    unsigned = net.maybe()
    codes = net.rng.integers(-128, 128, shape)
    ints = (codes + 128).astype(np.uint8) if unsigned else codes.astype(np.int8)
    parameters = net.parameters(quant, unsigned)
    name = net.one("DequantizeLinear", net.constant(ints), *parameters)
    return Value(name, shape, *quants.bounds(quant), "pending", quant)


def quotient(net: Network, x: Value) -> None:
    """Of two activations, the divisor away from 0: what float32 makes of a small one is no matter of steps."""
    other = net.other(lambda t: _broadcast(x.shape, t.shape) is not None) or x
    shape = _broadcast(x.shape, other.shape) or x.shape
    half = net.constant(np.float32(2.0 / (other.reach or 1.0)))
    bent = net.one("Tanh", net.one("Mul", net.use(other), half))
    value = Value(net.one("Exp", bent), other.shape, 0.3, 2.8, "pending")
    zero, spread = (
        net.any_of((None, 0, -128, 3, -101)),
        net.any_of(quants.SPREADS),
    )  # 127 would make all of it 0
    divisor = net.pair(value, quants.fitted(value.low, value.high, zero, spread, net.maybe()))
    name = net.one("Div", net.use(x), net.use(divisor))
    finish(net, Value(name, shape, 2 * x.low, 2 * x.high, "pending"))


def squared_difference(net: Network, x: Value) -> None:
    """Of two activations: a Sub, and a Mul or a Pow."""
    other = net.other(lambda t: _broadcast(x.shape, t.shape) is not None) or x
    shape = _broadcast(x.shape, other.shape) or x.shape
    difference = net.one("Sub", net.use(x), net.use(other))
    twice = difference if net.maybe() else net.constant(np.float32(2))
    name = net.one("Mul" if twice == difference else "Pow", difference, twice)
    finish(net, Value(name, shape, 0.0, (x.reach + other.reach) ** 2 / 2, "pending"))


def float_constant(net: Network, x: Value) -> None:
    """A sum or product with a float constant of the tensor's own shape (positions, masks)."""
    op = net.any_of(("Add", "Mul", "Sub"))
    reach = (x.reach or 1.0) if op != "Mul" else 1.5
    shape = tuple(d if i else 1 for i, d in enumerate(x.shape)) if x.rank > 1 else x.shape
    inputs = [net.use(x), net.constant(net.floats(shape, -reach, reach))]
    name = net.one(op, *(inputs if net.maybe() else inputs[::-1]))
    most = x.reach * 1.5 if op == "Mul" else x.reach + reach
    quant = quants.fitted(-most, most, net.any_of((0, 3)), net.any_of((1.0, 1.3)), False)
    net.pair(Value(name, x.shape, -most, most, "pending"), quant)  # the constant becomes int8: nothing finer


def concat(net: Network, x: Value) -> None:
    """Two to four parts along any axis, the same one twice perhaps; some of other shapes there, some constants."""
    axis = net.number(0, x.rank - 1)
    if x.rank > 2 and x.shape[0] == 1:
        axis = max(axis, 1)

    def fits(t: Value) -> bool:
        rest = [d for a, d in enumerate(t.shape) if a != axis]
        return t.rank == x.rank and rest == [d for a, d in enumerate(x.shape) if a != axis]

    parts = [x]
    for _ in range(net.number(1, 3)):
        part = _part(net, x, axis) if net.number(0, 4) == 4 else net.other(fits)
        parts.append(part or x)
    size = sum(p.shape[axis] for p in parts)
    shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    if np.prod(shape) > moves.MOST:
        return binary(net, x)
    names = [net.use(p) for p in parts]
    name = net.one("Concat", *names, axis=axis - x.rank if net.maybe() else axis)
    low, high = min(p.low for p in parts), max(p.high for p in parts)
    return finish(net, Value(name, shape, low, high, "pending"))


def _part(net: Network, x: Value, axis: int) -> Value:
    """A constant part of `x`'s shape."""
    unsigned = net.maybe()
    quant = quants.fitted(x.low, x.high, None, 1.0, False)
    ints = net.rng.integers(0, 256, x.shape).astype(np.uint8) if unsigned else None
    if ints is None:
        ints = net.rng.integers(-128, 128, x.shape).astype(np.int8)
    name = net.one("DequantizeLinear", net.constant(ints), *net.parameters(quant, unsigned))
    return dataclasses.replace(x, name=name, form="pending", integers="")

"""What follows an operator up to its QuantizeLinear: clamps, constants, functions, moves."""

import dataclasses

import numpy as np

from nmcu.bench.differential.onnx import functions, moves
from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Value


def finish(net: Network, x: Value) -> None:
    """Up to two more nodes, then the scale; integers may be moved, too, and end the network."""
    for _ in range(2):
        if not net.maybe():
            break
        x = _followed(net, x)
    if not functions.is_finite(x):
        x = functions.unary(net, dataclasses.replace(x, low=-1.0, high=1.0))
    integers = net.quantise(x)
    if net.maybe():
        integers = _on_integers(net, integers)
    if net.number(0, 7) == 7:
        net.ends.append(integers)
    else:
        net.dequantise(integers)


def _on_integers(net: Network, x: Value) -> Value:
    """A move, or a Clip as Brevitas writes it for a narrow range."""
    if net.maybe():
        return moves.moved(net, x)
    kind, shift = (np.uint8, 128) if x.unsigned else (np.int8, 0)
    bounds = [net.constant(kind(v + shift)) for v in net.any_of(((-127, 127), (-100, 50), (-128, 127)))]
    return net.result("Clip", x, "integers", *bounds)


def _followed(net: Network, x: Value) -> Value:
    if x.form in ("stored", "function"):
        return net.any_of((functions.function, moves.moved))(net, x)
    if x.form == "affine":
        return net.any_of((functions.clip, moves.moved, constant, batch_normalization))(net, x)
    return net.any_of((functions.clip, moves.moved))(net, x)


def constant(net: Network, x: Value) -> Value:
    """A number, or one per channel, folded into a layer with weights."""
    op, number = net.any_of(("Add", "Mul", "Sub", "Div")), net.any_of((1.0, 0.5, -2.0, 0.3, -0.7))
    if op in ("Add", "Sub"):
        number *= x.reach or 1.0
    shape = net.any_of(((), (1,), (x.shape[x.axis], *[1] * (x.rank - 1 - x.axis))))
    array = np.asarray(net.floats(shape, 0.4, 1.0) * np.float32(number), np.float32)
    name, source = net.constant(array), net.use(x)
    inputs = (name, source) if op in ("Add", "Mul") and net.maybe() else (source, name)
    made = net.one(op, *inputs)
    reach = x.reach + abs(number) if op in ("Add", "Sub") else x.reach * abs(number)
    if op == "Div":
        reach = x.reach / abs(number)
    return dataclasses.replace(x, name=made, low=-reach, high=reach)


def batch_normalization(net: Network, x: Value) -> Value:
    """With constant statistics."""
    if x.axis != 1:
        return x
    n = x.shape[1]
    spread = x.reach or 1.0
    inputs = [
        net.constant(net.floats((n,), -1.0, 1.5)),
        net.constant(net.floats((n,), -0.5, 0.5)),
        net.constant(net.floats((n,), -spread / 4, spread / 4)),
        net.constant(net.floats((n,), 0.05, 1.0) * np.float32(spread * spread / 4)),
    ]
    attributes = {"epsilon": 1e-3} if net.maybe() else {}
    if net.opset >= 14 and net.maybe():
        attributes["training_mode"] = 0
    made = net.result("BatchNormalization", x, x.form, *inputs, **attributes)
    return dataclasses.replace(
        made, form=functions._form(x) if x.form != "affine" else "affine", low=-4.0, high=4.0
    )

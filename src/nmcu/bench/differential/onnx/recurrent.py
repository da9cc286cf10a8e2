"""LSTM and GRU in QDQ form."""

import math
from typing import Any

import numpy as np

from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Shape, Value

GATES = {"LSTM": 4, "GRU": 3}
DIRECTIONS = ("forward", "reverse", "bidirectional")
STEPS, UNITS = 8, 6
MOST_GAIN = 1.0
"""Of the recurrent weights: states that grow make chaos of a step, and of differences all that is seen."""


def layer(net: Network, x: Value) -> None:
    """Over a sequence (steps, 1, features): all steps or the last one, states that are given, peepholes."""
    source, steps, features = net.use(x), math.prod(x.shape[:-1]), x.shape[-1]
    if x.shape != (steps, 1, features):
        source = net.one("Reshape", source, net.constant(np.array([steps, 1, features], np.int64)))
    op, direction, units = net.any_of(("LSTM", "GRU")), net.any_of(DIRECTIONS), net.number(1, UNITS)
    many, rows = 2 if direction == "bidirectional" else 1, GATES[op] * units
    given = [source, _weights(net, (many, rows, features), 2 / (x.reach * math.sqrt(features) or 1.0))]
    given.append(_weights(net, (many, rows, units), MOST_GAIN / math.sqrt(units)))
    biased, started = net.maybe(), net.maybe()
    given.append(net.constant(net.floats((many, 2 * rows), -0.3, 0.3), "bias") if biased else "")
    given.append("")
    states = 2 if op == "LSTM" else 1
    given += [net.constant(net.floats((many, 1, units), -0.9, 0.9)) if started else "" for _ in range(states)]
    if op == "LSTM" and net.maybe():
        given.append(net.constant(net.floats((many, 3 * units), -0.5, 0.5), "peephole"))
    attributes: dict[str, Any] = {"hidden_size": units}
    if direction != "forward" or net.maybe():
        attributes["direction"] = direction
    if op == "GRU":
        attributes["linear_before_reset"] = int(net.maybe())
    while given[-1] == "":
        given.pop()
    if net.maybe():
        _, name = net.node(op, *given, outputs=2, **attributes)
        net.nodes[-1].output[0] = ""
        shape: Shape = (many, 1, units)
    else:
        name, shape = net.one(op, *given, **attributes), (steps, many, 1, units)
    scale = net.any_of((1 / 127, 1 / 128, 0.008, 0.01))
    net.pair(Value(name, shape, -1.0, 1.0, "pending"), (float(np.float32(scale)), net.any_of((0, -2, 3))))


def _weights(net: Network, shape: Shape, reach: float) -> str:
    """Dense or sparse, with a scale for all or one for each row."""
    value = net.rng.integers(-127, 128, shape).astype(np.int8)
    if net.maybe():
        value[net.rng.random(shape) < 0.7] = 0
    per_row = net.maybe()
    scales = net.floats((shape[1] if per_row else 1,), 0.5, 1.0) * np.float32(reach / 127)
    scale = net.constant(scales if per_row else scales[0], "wscale")
    attributes = {"axis": 1} if per_row else {}
    return net.one("DequantizeLinear", net.constant(value, "w"), scale, **attributes)

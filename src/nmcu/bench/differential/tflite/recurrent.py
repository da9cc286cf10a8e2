"""Recurrent layers: UNIDIRECTIONAL_SEQUENCE_LSTM and SVDF, their states in variable tensors."""

from collections.abc import Callable

import numpy as np

from nmcu.bench.differential.tflite.network import Network, Shape

RELU, TANH = 1, 4
NONE = -1
"""An input that is left out."""


def lstm(n: Network) -> None:
    """Either order of the axes, coupled gates, peepholes or a projection, clips."""
    time_major, coupled = n.chance(3), n.chance(3)
    batch = 1 if time_major else 0
    x = n.pick(
        lambda a: a.dtype == "int8" and len(a.shape) == 3 and a.shape[batch] == 1,
        lambda: _sequence(n, time_major),
    )
    if x.dtype != "int8":
        return
    steps, inputs, cells = x.shape[1 - batch], x.shape[2], n.integer(1, 8)
    kind = n.choice(("plain", "peephole", "projection"))
    outputs = n.integer(1, 8) if kind == "projection" else cells
    hidden = (float(np.float32(n.choice((0.0078125, 0.01, 0.02)))), n.choice((0, -3, 5)))

    def gates(make: Callable[[], int]) -> list[int]:
        return [NONE if coupled and gate == 0 else make() for gate in range(4)]

    given = [x.index, *gates(lambda: _weights(n, cells, inputs)), *gates(lambda: _weights(n, cells, outputs))]
    diagonal = kind == "peephole"
    given += [_wide(n, (cells,), 4e-5) if diagonal and not (coupled and i == 0) else NONE for i in range(3)]
    given += gates(lambda: n.model.bias(cells, 0.0002))
    projected = kind == "projection"
    given += [_weights(n, outputs, cells), n.model.bias(outputs, 0.0001)] if projected else [NONE, NONE]
    given.append(n.model.tensor(1, outputs, scale=hidden[0], zero=hidden[1], variable=True))
    cell_scale = 2.0 ** n.choice((-12, -11, -13))
    given.append(n.model.tensor(1, cells, scale=cell_scale, dtype="int16", variable=True))
    given += [NONE] * 4
    inner = [n.model.tensor(0, scale=0.001, dtype="int16") for _ in range(4)]
    last = (0.008, 5) if projected else hidden
    inner.append(n.model.tensor(0, scale=last[0], zero=last[1]))
    shape = (steps, 1, outputs) if time_major else (1, steps, outputs)
    y = n.result(shape, *hidden)
    fields: dict[str, bool | int | float] = {"FusedActivationFunction": TANH, "TimeMajor": time_major}
    if n.chance(3):
        fields["CellClip"] = 0.9
    if projected and n.chance(3):
        fields["ProjClip"] = 0.7
    n.model.op("UNIDIRECTIONAL_SEQUENCE_LSTM", given, [y], "UnidirectionalSequenceLSTMOptions", **fields)
    n.model.scaled_by(*inner)


def svdf(n: Network) -> None:
    """A filter over features, another over the last frames."""
    x = n.pick(
        lambda a: a.dtype == "int8" and len(a.shape) == 2 and a.shape[0] == 1, lambda: (1, n.integer(1, 12))
    )
    if x.dtype != "int8":
        return
    rank, units, frames = n.integer(1, 3), n.integer(1, 8), n.integer(1, 5)
    filters = rank * units
    state = n.model.tensor(1, filters * frames, scale=0.0005, dtype="int16", variable=True)
    features, time = _weights(n, filters, x.shape[1]), _wide(n, (filters, frames), 0.0004, 2000)
    y = n.result((1, units), 0.15, n.zero())
    given = [x.index, features, time, n.model.bias(units, 2e-7), state]
    n.model.op(
        "SVDF", given, [y], "SVDFOptions", Rank=rank, FusedActivationFunction=0 if n.chance(20) else RELU
    )


def _sequence(n: Network, time_major: bool) -> Shape:
    steps, features = n.integer(1, 7), n.integer(1, 9)
    return (steps, 1, features) if time_major else (1, steps, features)


def _weights(n: Network, *shape: int) -> int:
    data = n.numbers(shape, -127).astype(np.int8)
    return n.model.tensor(*shape, scale=float(np.float32(0.004 * n.integer(1, 6))), data=data)


def _wide(n: Network, shape: Shape, scale: float, reach: int = 32767) -> int:
    data = n.numbers(shape, -reach, reach).astype(np.int16)
    return n.model.tensor(*shape, scale=scale, data=data, dtype="int16")

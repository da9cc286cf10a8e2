"""UNIDIRECTIONAL_SEQUENCE_LSTM, whose states LiteRT keeps from call to call."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.operators import stateful
from nmcu.frontend.lower.shape import reshape
from nmcu.graph import TensorInfo, ops
from nmcu.graph.fixed_point import decompose

_INPUT_WEIGHT, _RECURRENT_WEIGHT, _PEEPHOLE, _BIAS, _PROJECTION, _PROJECTION_BIAS = 1, 5, 9, 12, 16, 17
"""First of the inputs for the gates i, f, z, o; peepholes are those of i, f, o."""
_HIDDEN, _CELL, _NORM = 18, 19, 20
_INPUTS = (20, 24)
_GATES, _PEEPING = range(4), (0, 1, 2)
_GATE_SCALE = np.float32(2**-12)
_UNIT = 2.0**-15
"""Scale of what sigmoid and tanh give."""
_INNER = 4
"""Which intermediate tensor has the scale of the hidden state before the projection."""
Arrays = Mapping[str, NDArray[Any]]


def lstm(c: Context) -> None:
    """int8 with an int16 cell; coupled gates, cell clip, peepholes, projection; no layer normalisation inside. Hidden
    and cell state last from call to call."""
    o = c.options(tflite.UnidirectionalSequenceLSTMOptions)
    _check(c, o)
    x, shape = c.x(), c.tensor(0).shape
    if len(shape) not in (2, 3) or shape[1 if o.TimeMajor() and len(shape) == 3 else 0] != 1:
        raise c.error(f"its input has shape {shape}; supported: one sequence, a batch of 1")
    hidden, cell = stateful.state(c, _HIDDEN, "int8"), stateful.state(c, _CELL, "int16")
    if c.y().quant != hidden.quant:
        raise c.error(
            f"its output has scale and zero point {c.y().quant}, its hidden state {hidden.quant}: equal ones are needed"
        )
    gates = [gate for gate in _GATES if gate or c.has(_INPUT_WEIGHT)]
    weights, biases = (
        _weights(c, x, hidden, gates),
        [c.constant(_BIAS + g, "int32").reshape(-1) for g in gates],
    )
    if sum(map(len, biases)) != len(weights["input_bias"]):
        raise c.error("the biases of its gates do not fit their weights")
    weights["input_bias"] = (weights["input_bias"] + np.concatenate(biases)).astype(np.int32)
    peephole, peeped = _peephole(c, cell)
    projection, projected = _projection(c, hidden, cell)
    op = ops.Lstm(
        zero_point=hidden.quant[1],
        cell_exponent=_exponent(c, cell),
        cell_clip=_clip(o.CellClip(), cell.quant[0], 2**15),
        **peeped,
        **projected,
        projection_clip=_clip(o.ProjClip(), hidden.quant[0], 2**7)
        if len(projection["projection_weight"])
        else 0,
    )
    rows = reshape(c.builder, f"{c.name} rows", x, (x.size // shape[-1], shape[-1]), f"{x.name} rows")
    y = TensorInfo(f"{c.y().name} rows", (), scale=hidden.scale, zero_point=hidden.zero_point)
    made = stateful.add(c, op, rows, (hidden, cell), y, {**weights, **peephole, **projection})
    c.write(reshape(c.builder, f"{c.name} out", made, c.device_shape(), c.y().name))


def _check(c: Context, o: Any) -> None:
    if len(c.op.inputs) not in _INPUTS:
        raise c.error(f"has {len(c.op.inputs)} inputs; supported: 20 or 24; convert the model again")
    if o.FusedActivationFunction() != tflite.ActivationFunctionType.TANH:
        raise c.error(
            "the activation of its cell is not tanh, all that LiteRT's int8 kernel computes; use tanh"
        )
    if any(c.has(_NORM + gate) for gate in _GATES):
        raise c.error(
            "normalises its gates, which is not supported; supported: an LSTM without layer normalisation"
        )
    if len(c.op.intermediates) != _INNER + 1:
        raise c.error(
            "has no scale for its hidden state (five intermediate tensors); convert the model again"
        )


def _weights(c: Context, x: TensorInfo, hidden: TensorInfo, gates: Sequence[int]) -> dict[str, NDArray[Any]]:
    """The constants of `recurrent.CONSTANTS`; biases are what zero points give."""
    found: dict[str, NDArray[Any]] = {}
    for half, first, info in (("input", _INPUT_WEIGHT, x), ("recurrent", _RECURRENT_WEIGHT, hidden)):
        weight, multiplier, exponent = [], [], []
        for gate in gates:
            value, scale = stateful.matrix(c, first + gate)
            effective = np.float32(np.float32(scale * np.float32(info.quant[0])) / _GATE_SCALE)
            weight.append(value)
            multiplier.append(np.full(len(value), decompose(effective)[0], np.int32))
            exponent.append(np.full(len(value), decompose(effective)[1], np.int32))
        if len({part.shape for part in weight}) != 1:
            raise c.error(f"the {half} weights of its gates have different shapes")
        joined = np.concatenate(weight)
        found[f"{half}_weight"] = joined
        found[f"{half}_bias"] = (-info.quant[1] * joined.sum(axis=1, dtype=np.int64)).astype(np.int32)
        found[f"{half}_multiplier"], found[f"{half}_exponent"] = map(np.concatenate, (multiplier, exponent))
    return found


def _peephole(c: Context, cell: TensorInfo) -> tuple[Arrays, dict[str, Any]]:
    given = [c.has(_PEEPHOLE + i) for i in _PEEPING]
    if not given[-1]:
        return {"peephole": np.empty((0, cell.shape[1]), np.int16)}, {}
    if c.has(_PROJECTION) and c.tensor(_PROJECTION).shape[0] != cell.shape[1]:
        raise c.error(
            "has peepholes and a projection to another width, where LiteRT reads the wrong peepholes"
        )
    rows = [c.constant(_PEEPHOLE + i, "int16").reshape(-1) if given[i] else None for i in _PEEPING]
    if any(row is not None and row.size != cell.shape[1] for row in rows):
        raise c.error(f"has peepholes that are not one for each of its {cell.shape[1]} cells")
    scales = [stateful.scale(c, c.tensor(_PEEPHOLE + i)) if given[i] else np.float32(0) for i in _PEEPING]
    how = [decompose(np.float32(np.float32(cell.quant[0]) * scale / _GATE_SCALE)) for scale in scales]
    peephole = np.stack([np.zeros(cell.shape[1], np.int16) if row is None else row for row in rows])
    return {"peephole": peephole}, {
        "peephole_multiplier": tuple(multiplier for multiplier, _ in how),
        "peephole_exponent": tuple(exponent for _, exponent in how),
    }


def _projection(c: Context, hidden: TensorInfo, cell: TensorInfo) -> tuple[Arrays, dict[str, Any]]:
    """The projection, and how the hidden state is scaled before it."""
    inner = c.file.tensors[c.op.intermediates[_INNER]]
    inner_scale, inner_zero = (
        stateful.scale(c, inner),
        int(inner.zero_point[0]) if inner.zero_point.size else 0,
    )
    multiplier, exponent = decompose(np.float32(_UNIT / float(inner_scale) * _UNIT))
    how = {"hidden_multiplier": multiplier, "hidden_exponent": exponent, "hidden_zero_point": inner_zero}
    if not c.has(_PROJECTION):
        none: Arrays = {
            "projection_weight": np.empty((0, cell.shape[1]), np.int8),
            "projection_bias": np.empty(0, np.int32),
        }
        return none, how
    weight, scale = stateful.matrix(c, _PROJECTION)
    bias = inner_zero * weight.sum(axis=1, dtype=np.int64)
    if c.has(_PROJECTION_BIAS):
        given = c.constant(_PROJECTION_BIAS, "int32").reshape(-1)
        if given.shape != bias.shape:
            raise c.error(f"the bias of its projection has {given.size} values, must have {bias.size}")
        bias = bias + given
    multiplier, exponent = decompose(
        np.float32(np.float32(scale * inner_scale) / np.float32(hidden.quant[0]))
    )
    how |= {"projection_multiplier": multiplier, "projection_exponent": exponent}
    return {"projection_weight": weight, "projection_bias": bias.astype(np.int32)}, how


def _exponent(c: Context, cell: TensorInfo) -> int:
    scale, zero = cell.quant
    exponent = int(np.round(np.log2(scale)))
    if (scale, zero) != (2.0**exponent, 0):
        raise c.error(
            f"its cell state has scale {scale:g} and zero point {zero}; a power of two and 0 are needed"
        )
    return exponent


def _clip(real: float, scale: float, end: int) -> int:
    """A limit in steps of `scale`, cut to an integer as LiteRT does; 0 for none."""
    return int(min(np.float32(real) / np.float32(scale), np.float32(end - 1))) if real > 0 else 0

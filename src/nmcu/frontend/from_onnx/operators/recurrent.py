"""LSTM and GRU between DequantizeLinear and QuantizeLinear: their hidden state has the scale of the result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Array, Context, finite
from nmcu.frontend.from_onnx.operators.affine import centred
from nmcu.frontend.from_onnx.values import Const, Pending, QuantConst, Real
from nmcu.frontend.lower import elementwise
from nmcu.frontend.lower.clamp import Clamp
from nmcu.frontend.lower.shape import reshape
from nmcu.graph import Op, TensorInfo, ops
from nmcu.graph.fixed_point import decompose

_X, _W, _R, _B, _LENGTHS, _HIDDEN, _CELL, _PEEPHOLES = range(8)
_LSTM_GATES, _GRU_GATES = (0, 2, 3, 1), (0, 1, 2)
"""The file's gates i, o, f, z in the order i, f, z, o of `ops.Lstm`; z, r, n as they are."""
_GATE_SCALE = 2.0**-12
_UNIT = 2.0**-15
"""Scale of what sigmoid and tanh give."""
_HELD = 2.0**-14
"""Scale of what a GRU holds: it reaches to 2, as initial states may be larger than 1."""
_CELL_EXPONENT = -11
"""Of the cell's scale, which no file gives: it reaches to 16, where tanh is 1."""
_LAST_CELL = 2
_ANY_HIDDEN = TensorInfo("hidden", (), scale=2.0**-7, zero_point=0)
"""Where the last cell state is asked for before the hidden state has a scale."""
_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
Build = Callable[[int, TensorInfo, Mapping[str, Array]], tuple[Op, dict[str, Array], list[TensorInfo]]]
"""Operator, constants and states besides the hidden one of a direction, for the result's quantisation and the gates."""


def lstm(c: Context) -> None:
    """Forward, reverse or bidirectional; standard activations, peepholes; the cell has 16 bits, and where it is an
    input or output the scale that the file gives it."""
    if c.integer("input_forget", 0):
        raise c.error("input_forget is not supported; supported: gates of their own")
    layer = _Layer(c, _LSTM_GATES, ("Sigmoid", "Tanh", "Tanh"))
    first, peepholes = layer.state(_CELL), _peepholes(c, layer)

    def build(
        direction: int, y: TensorInfo, gates: Mapping[str, Array]
    ) -> tuple[Op, dict[str, Array], list[TensorInfo]]:
        scale, zero = y.quant
        multiplier, exponent = decompose(_UNIT * _UNIT / scale)
        peephole, scales = peepholes[direction]
        op = ops.Lstm(
            reverse=layer.reverse[direction],
            zero_point=zero,
            cell_exponent=_CELL_EXPONENT,
            hidden_zero_point=zero,
            hidden_multiplier=multiplier,
            hidden_exponent=exponent,
            peephole_multiplier=tuple(m for m, _ in scales),
            peephole_exponent=tuple(e for _, e in scales),
        )
        none: dict[str, Array] = {
            "projection_weight": np.empty((0, layer.units), np.int8),
            "projection_bias": np.empty(0, np.int32),
        }
        cell = TensorInfo(f"{layer.label(direction)} cell", (), "int16", 2.0**_CELL_EXPONENT, 0)
        if isinstance(first, Real):
            held = layer.row(first, cell.name)
            (held,) = c.builder.add(f"{cell.name} wide", ops.Convert.build(held, cell), [held], [cell])
        else:
            held = c.builder.state(cell, _codes(first[direction], cell))
        return op, {**gates, "peephole": peephole, **none}, [held]

    layer.write(build)


def gru(c: Context) -> None:
    """Forward, reverse or bidirectional, the reset gate before or after the product; standard
    activations."""
    after = bool(c.integer("linear_before_reset", 0))
    layer = _Layer(c, _GRU_GATES, ("Sigmoid", "Tanh"))

    def build(
        direction: int, y: TensorInfo, gates: Mapping[str, Array]
    ) -> tuple[Op, dict[str, Array], list[TensorInfo]]:
        scale, zero = y.quant
        (shown, power), (held, places) = decompose(_HELD / scale), decompose(scale / (256 * _HELD))
        op = ops.Gru(
            reverse=layer.reverse[direction],
            reset_first=not after,
            zero_point=zero,
            hidden_multiplier=shown,
            hidden_exponent=power,
            held_multiplier=held,
            held_exponent=places,
        )
        return op, dict(gates), []

    layer.write(build)


@dataclass(eq=False)
class _Layer:
    """What LSTM and GRU share: the node's inputs checked, and how its outputs are made.

    `order` are the file's gates in the operator's order, `functions` the activations that it computes.
    """

    c: Context
    order: Sequence[int]
    functions: Sequence[str]
    made: "list[tuple[TensorInfo, ...]]" = field(default_factory=list)
    """Of each direction the rows of the result, and its states at the end, once they are made."""

    def __post_init__(self) -> None:
        c = self.c
        self.name = c.node.name
        self.x = device.stored(c, _X)
        if c.integer("layout", 0):
            raise c.error(
                "layout 1 is not supported, nor by ONNX Runtime; supported: time first, behind a Transpose"
            )
        direction = _text(c.node.attributes.get("direction", "forward"))
        if direction not in _DIRECTIONS:
            raise c.error(f"direction {direction!r} is not known")
        self.reverse = _DIRECTIONS[direction]
        self.units = c.integer("hidden_size", 0)
        rank, rows, many = len(self.x.shape), len(self.order) * self.units, len(self.reverse)
        if rank != 3 or self.x.shape[1] != 1:
            raise c.error(f"its input has shape {self.x.shape}; supported: one sequence, a batch of 1")
        self.steps, _, self.inputs = self.x.shape
        self.weights = [
            _weights(c, at, (many, rows, width)) for at, width in ((_W, self.inputs), (_R, self.units))
        ]
        self.bias = c.constant(_B).astype(np.float64) if c.has(_B) else np.zeros((many, 2 * rows))
        if self.bias.shape != (many, 2 * rows) or not finite(self.bias):
            raise c.error(
                f"its biases have shape {self.bias.shape}, must have {(many, 2 * rows)} and finite values"
            )
        if c.has(_LENGTHS) and (c.constant(_LENGTHS) != self.steps).any():
            raise c.error("sequence_lens shortens the sequence, which is not supported; supported: all of it")
        self.hidden = self.state(_HIDDEN)
        given = [_text(f).lower() for f in c.node.attributes.get("activations", [])]
        wanted = [f.lower() for f in self.functions] * many
        if given not in ([], wanted) or "clip" in c.node.attributes:
            raise c.error(
                f"activations {given} or a clip are not supported; supported: {', '.join(self.functions)}"
            )

    @property
    def last_shape(self) -> layout.Shape:
        """The model's shape of a last state."""
        return (len(self.reverse), 1, self.units)

    def label(self, direction: int) -> str:
        """The name of one direction's layer."""
        return self.name if len(self.reverse) == 1 else f"{self.name} {'reverse' if direction else 'forward'}"

    def write(self, build: Build) -> None:
        """All outputs, the rows and the last states, of the same layers."""
        every = (self.steps, len(self.reverse), 1, self.units)
        for position, shape in enumerate((every, self.last_shape, self.last_shape)):
            if position < len(self.c.node.outputs) and self.c.node.outputs[position]:
                emit, known = (
                    self._emit(build, position, shape),
                    None if position == _LAST_CELL else (-1.0, 1.0),
                )
                self.c.write(Pending(self.name, self.c.node.op, shape, emit, range=known), position)

    def _emit(self, build: Build, position: int, shape: layout.Shape) -> Callable[[TensorInfo, Clamp], Real]:
        def emit(y: TensorInfo, clamp: Clamp) -> Real:
            if not self.made:
                hidden = _ANY_HIDDEN if position == _LAST_CELL else y
                self.made.extend(
                    self._layer(build, direction, hidden) for direction in range(len(self.reverse))
                )
            parts = [each[position] for each in self.made]
            if position == _LAST_CELL:
                parts = [self._narrow(part, y) for part in parts]
            own = TensorInfo(f"{y.name} parts", (), scale=parts[0].scale, zero_point=parts[0].zero_point)
            joined = parts[0]
            if len(parts) > 1:
                (joined,) = self.c.builder.add(
                    f"{self.name} join {position}", ops.Concat(axis=1), parts, [own]
                )
            made = elementwise.requantize(self.c.builder, f"{self.name} scale {position}", joined, y)
            return device.shaped(
                self.c, elementwise.clip(self.c.builder, f"{self.name} clip", made, clamp), shape
            )

        return emit

    def _narrow(self, cell: TensorInfo, y: TensorInfo) -> TensorInfo:
        own = TensorInfo(f"{cell.name} narrow", (), scale=y.scale, zero_point=y.zero_point)
        return self.c.builder.add(f"{cell.name} narrow", ops.Convert.build(cell, own), [cell], [own])[0]

    def _layer(self, build: Build, direction: int, y: TensorInfo) -> tuple[TensorInfo, ...]:
        c, name = self.c, self.label(direction)
        x = device.conform(c, self.x, layout.identity(3))
        x = reshape(c.builder, f"{self.name} rows", x, (self.steps, self.inputs), f"{x.name} rows")
        op, constants, more = build(direction, y, self._gates(direction, x, y))
        states = [self._hidden(direction, y), *more]
        outs = [TensorInfo(f"{y.name} {name} rows", (), scale=y.scale, zero_point=y.zero_point)]
        outs += [TensorInfo(f"{name} {s.name} after", (), s.dtype, s.scale, s.zero_point) for s in states]
        return c.builder.add(name, op, [x, *states], outs, constants)

    def _hidden(self, direction: int, y: TensorInfo) -> TensorInfo:
        """The initial hidden state with the quantisation of `y`."""
        name, b = f"{self.label(direction)} hidden", self.c.builder
        info = TensorInfo(name, (), scale=y.scale, zero_point=y.zero_point)
        if isinstance(self.hidden, Real):
            return elementwise.requantize(b, f"{name} scale", self.row(self.hidden, name), info)
        return b.state(info, _codes(self.hidden[direction], info))

    def row(self, value: Real, name: str) -> TensorInfo:
        """An initial state that is an activation as (1, units)."""
        x = device.conform(self.c, value, layout.identity(3))
        return reshape(self.c.builder, f"{name} row", x, (1, self.units), f"{name} row")

    def state(self, position: int) -> "Real | Array":
        """An initial state: an activation, or (directions, 1, units) constants."""
        c = self.c
        if not c.has(position) or isinstance(c.value(position), Const | QuantConst):
            return self.constant(position)
        value = device.stored(c, position)
        if value.shape != self.last_shape or len(self.reverse) > 1:
            raise c.error(f"its initial state has shape {value.shape}; supported: {(1, 1, self.units)}")
        return value

    def constant(self, position: int) -> Array:
        """A constant initial state, zero where none is given: (directions, 1, units) real values."""
        if not self.c.has(position):
            return np.zeros((len(self.reverse), 1, self.units))
        value = self.c.constant(position).astype(np.float64)
        if value.shape != self.last_shape or not finite(value):
            raise self.c.error(
                f"its initial state has shape {value.shape}, must have {self.last_shape} and finite values"
            )
        return value.reshape(len(self.reverse), 1, self.units)

    def _gates(self, direction: int, x: TensorInfo, hidden: TensorInfo) -> dict[str, Array]:
        """The constants of `graph.recurrent`."""
        order = np.concatenate([np.arange(self.units) + gate * self.units for gate in self.order])
        bias = self.bias[direction].reshape(2, -1)[:, order]
        found: dict[str, Array] = {}
        pairs = zip(("input", "recurrent"), (x, hidden), self.weights, bias, strict=True)
        for half, info, (values, scales), own in pairs:
            weight, scale = values[direction][order], scales[direction][order]
            integers = np.floor(own / (info.quant[0] * scale) + 0.5) - info.quant[1] * weight.sum(
                axis=1, dtype=np.int64
            )
            if np.abs(integers).max() >= 2**31:
                raise ModelError(
                    f"node {self.name!r}: a bias does not fit int32 at the scale of its accumulator"
                )
            factors = [decompose(info.quant[0] * float(s) / _GATE_SCALE) for s in scale]
            found[f"{half}_weight"], found[f"{half}_bias"] = weight, integers.astype(np.int32)
            found[f"{half}_multiplier"] = np.array([m for m, _ in factors], np.int32)
            found[f"{half}_exponent"] = np.array([e for _, e in factors], np.int32)
        return found


def _weights(c: Context, position: int, shape: layout.Shape) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """int8 weights (directions, rows, columns), and the scale of each row."""
    value = c.value(position)
    if not isinstance(value, QuantConst) or value.ints.dtype != np.int8:
        raise c.error(
            f"weights {c.node.inputs[position]!r} are not quantised; int8 with DequantizeLinear is needed"
        )
    if value.shape != shape:
        raise c.error(f"its weights {c.node.inputs[position]!r} have shape {value.shape}, must have {shape}")
    value = centred(c, value)
    along = [1, 1, 1]
    along[value.axis if value.scale.size > 1 else 0] = -1
    if value.scale.size > 1 and value.axis == 2:
        raise c.error("its weights have a scale per input; supported: one scale, or one per row or direction")
    scale = np.broadcast_to(value.scale.astype(np.float64).reshape(along), (*shape[:2], 1))[..., 0]
    return value.ints, scale


def _codes(value: Array, info: TensorInfo) -> Array:
    scale, zero = info.quant
    limits = np.iinfo(np.dtype(info.dtype))
    codes = np.clip(np.rint(value / scale) + zero, limits.min, limits.max)
    return np.asarray(codes.astype(np.dtype(info.dtype)))


def _peepholes(c: Context, layer: _Layer) -> list[tuple[Array, list[tuple[int, int]]]]:
    """Of each direction int16 peepholes of i, f, o, and how their products are rescaled; no rows for none."""
    if not c.has(_PEEPHOLES):
        return [(np.empty((0, layer.units), np.int16), [(0, 0)] * 3) for _ in layer.reverse]
    given, found = c.constant(_PEEPHOLES).astype(np.float64), []
    if given.shape != (len(layer.reverse), 3 * layer.units) or not finite(given):
        raise c.error(
            f"its peepholes have shape {given.shape}, must have {(len(layer.reverse), 3 * layer.units)}"
        )
    for rows in given.reshape(-1, 3, layer.units)[:, [0, 2, 1]]:
        scale = np.maximum(np.abs(rows).max(axis=1), 1e-9) / 32767
        codes = np.rint(rows / scale[:, np.newaxis]).astype(np.int16)
        found.append((codes, [decompose(2.0**_CELL_EXPONENT * float(s) / _GATE_SCALE) for s in scale]))
    return found


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

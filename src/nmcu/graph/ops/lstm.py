"""LSTM: a long short-term memory over the rows of a sequence, as LiteRT's int8 kernel with an int16 cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import recurrent
from nmcu.graph.fixed_point import Int64, halved, rescale, sigmoid, tanh
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.recurrent import clamp8, clamp16
from nmcu.graph.tensor import Shape, TensorInfo

PEEPHOLES = 3


@dataclass(frozen=True, kw_only=True)
class Lstm(Op):
    """For each row x of a sequence (T, I), with hidden state h (1, H) int8 and cell state c (1, C) int16 from the row
    before:

    1. the gates' rows `g` of `recurrent.gates`
    2. with peepholes `g = clamp16(g + rescale(p * c))` for i and f with c of before, for o with c of step 4
    3. i, f, o = `sigmoid(g)`, z = `tanh(g, 3)`; coupled gates have no i: it is `32767 - f`
    4. `c = clamp16(halved(f * c, 15) + halved(i * z, 30 + cell_exponent))`, within +-`cell_clip` where that is not 0
    5. `h = clamp8(rescale(o * tanh(c, 15 + cell_exponent)) + hidden_zero_point)`, the result's row; with a projection
       `h = clamp8(rescale(P * clamp8(rescale(o * tanh(c)) - hidden_zero_point) + b) + zero_point)`, within
       +-`projection_clip` where that is not 0

    `rescale`, `halved`, `sigmoid` and `tanh` are those of `fixed_point`. The gates' rows are those of i, f, z, o one
    after the other (f, z, o where they are coupled). `peephole` (3, C) are the weights of i, f and o,
    `projection_weight` is (H, C), its bias holds the hidden state's zero point; they have no rows where there are none.
    Multipliers and exponents by name: those of the hidden state, of peepholes i, f, o, of the projection.
    """

    KIND: ClassVar[str] = "lstm"
    INPUTS: ClassVar[int | None] = 3
    CONSTANTS: ClassVar[Mapping[str, str]] = {
        **recurrent.CONSTANTS,
        "peephole": "int16",
        "projection_weight": "int8",
        "projection_bias": "int32",
    }
    WEIGHTS: ClassVar[tuple[str, ...]] = (*recurrent.WEIGHTS, "projection_weight")
    IN_PLACE: ClassVar[Mapping[int, int]] = {1: 1, 2: 2}
    SUMMARY = "long short-term memory: int8 with an int16 cell; coupled gates, peepholes, projection"

    reverse: bool = False
    zero_point: int
    cell_exponent: int
    cell_clip: int = 0
    hidden_zero_point: int
    hidden_multiplier: int
    hidden_exponent: int
    peephole_multiplier: Ints = (0, 0, 0)
    peephole_exponent: Ints = (0, 0, 0)
    projection_multiplier: int = 0
    projection_exponent: int = 0
    projection_clip: int = 0

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        x, hidden, cell = inputs
        units = cell.shape[-1]
        rows = recurrent.check("Lstm", x, hidden, constants)
        if cell.shape != (1, units) or rows not in (3 * units, 4 * units):
            raise ModelError(
                f"Lstm: {rows} rows of gates do not fit a cell state {cell.shape}: 3 or 4 for each cell"
            )
        if not -15 <= self.cell_exponent <= -9:
            raise ModelError(f"Lstm: the cell's scale is 2**{self.cell_exponent}; supported: 2**-15 to 2**-9")
        outputs = hidden.shape[-1]
        projection, peephole = constants["projection_weight"], constants["peephole"]
        if projection.shape != (len(projection) and outputs, units):
            raise ModelError(
                f"Lstm: a projection {projection.shape} does not make {outputs} of {units} values"
            )
        if not len(projection) and outputs != units:
            raise ModelError(f"Lstm: {units} cells do not make {outputs} outputs without a projection")
        if peephole.shape != (len(peephole) and PEEPHOLES, units):
            raise ModelError(f"Lstm: peepholes {peephole.shape} do not fit {units} cells")
        return (x.shape[0], outputs), hidden.shape, cell.shape

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x, hidden, cell = inputs[0], inputs[1][0], inputs[2][0].astype(np.int64)
        result = np.empty((len(x), len(hidden)), np.int8)
        before = recurrent.of_input(x, constants)
        for t in range(len(x))[:: -1 if self.reverse else 1]:
            gates = recurrent.gates(before[t], hidden, constants).reshape(-1, len(cell))
            cell, hidden = self._step(gates, cell, constants)
            result[t] = hidden
        return result, hidden[np.newaxis].astype(np.int8), cell[np.newaxis].astype(np.int16)

    def _step(self, gates: Int64, cell: Int64, constants: Constants) -> tuple[Int64, Int64]:
        """Cell and hidden state after the row with the gates `gates` (3 or 4, C)."""
        *entry, forget, update, output = gates
        through = sigmoid(self._peep(forget, cell, 1, constants))
        enter = sigmoid(self._peep(entry[0], cell, 0, constants)) if entry else 32767 - through
        kept, added = halved(through * cell, 15), halved(enter * tanh(update, 3), 30 + self.cell_exponent)
        cell = clamp16(kept + added)
        if self.cell_clip:
            cell = np.clip(cell, -self.cell_clip, self.cell_clip)
        shown = sigmoid(self._peep(output, cell, 2, constants)) * tanh(cell, 15 + self.cell_exponent)
        value = rescale(shown, self.hidden_multiplier, self.hidden_exponent)
        projection = constants["projection_weight"]
        if not len(projection):
            return cell, clamp8(value + self.hidden_zero_point)
        sums = (
            recurrent.product(clamp8(value - self.hidden_zero_point), projection)
            + constants["projection_bias"]
        )
        hidden = clamp8(rescale(sums, self.projection_multiplier, self.projection_exponent) + self.zero_point)
        limit = self.projection_clip or 128
        return cell, np.clip(hidden, -limit, limit)

    def _peep(self, gate: Int64, cell: Int64, which: int, constants: Constants) -> Int64:
        peephole = constants["peephole"]
        if not len(peephole):
            return gate
        product = peephole[which].astype(np.int64) * cell
        return clamp16(
            gate + rescale(product, self.peephole_multiplier[which], self.peephole_exponent[which])
        )

    def matrices(self, inputs: Sequence[TensorInfo]) -> Mapping[str, tuple[str, int]]:
        projection = {"projection_weight": ("projection_bias", -self.hidden_zero_point)}
        return {**recurrent.matrices(inputs), **projection}

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        return inputs[0].shape[0] * sum(constants[name].size for name in self.WEIGHTS)

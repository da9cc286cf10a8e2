"""GRU: gated recurrent units over the rows of a sequence, int8 with 16 bits of their state within a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import recurrent
from nmcu.graph.fixed_point import Int64, halved, rescale, sigmoid, tanh
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.recurrent import clamp8, clamp16
from nmcu.graph.tensor import Shape, TensorInfo

GATES = 3
HELD = 256
"""Steps of the held state to those of the hidden state, before they are rescaled."""


@dataclass(frozen=True, kw_only=True)
class Gru(Op):
    """For each row x of a sequence (T, I), with hidden state h (1, H) int8 from the row before, and what is held of it
    in 14 bits behind the point, `s = clamp16(rescale(256 * (h - zero_point)))` before the first row:

    1. `a = clamp16(r(W x + b))` and `q = clamp16(r'(R h + b'))` for the rows of gates z, r, n, 12 bits behind the point
    2. z, r = `sigmoid(clamp16(a + q))`
    3. `n = tanh(clamp16(a + halved(r * q, 15)), 3)`; with `reset_first` q is of `clamp8(rescale(halved(r * s, 15)) +
       zero_point)` instead of h, and `n = tanh(clamp16(a + q), 3)`
    4. `s = clamp16(halved(z * s + (32767 - z) * halved(n, 1), 15))`, `h = clamp8(rescale(s) + zero_point)`, the result

    Constants are those of `recurrent.gates`; `hidden` are multiplier and exponent from s to h, `held` from h to s.
    """

    KIND: ClassVar[str] = "gru"
    INPUTS: ClassVar[int | None] = 2
    CONSTANTS: ClassVar[Mapping[str, str]] = recurrent.CONSTANTS
    WEIGHTS: ClassVar[tuple[str, ...]] = recurrent.WEIGHTS
    IN_PLACE: ClassVar[Mapping[int, int]] = {1: 1}
    SUMMARY = "gated recurrent units: int8 with 16 bits of their state within a run"

    reverse: bool = False
    reset_first: bool = False
    zero_point: int
    hidden_multiplier: int
    hidden_exponent: int
    held_multiplier: int
    held_exponent: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        x, hidden = inputs
        rows, units = recurrent.check("Gru", x, hidden, constants), hidden.shape[-1]
        if rows != GATES * units:
            raise ModelError(
                f"Gru: {rows} rows of gates do not fit a hidden state {hidden.shape}: 3 for each value"
            )
        return (x.shape[0], units), hidden.shape

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x, hidden = inputs[0], inputs[1][0].astype(np.int64)
        units = len(hidden)
        held = clamp16(rescale(HELD * (hidden - self.zero_point), self.held_multiplier, self.held_exponent))
        result = np.empty((len(x), units), np.int8)
        before = recurrent.of_input(x, constants)
        for t in range(len(x))[:: -1 if self.reverse else 1]:
            of_hidden = recurrent.of_hidden(hidden, constants)
            update, reset = sigmoid(clamp16(before[t] + of_hidden)[: 2 * units]).reshape(2, -1)
            inner = halved(reset * of_hidden[2 * units :], 15)
            if self.reset_first:
                inner = recurrent.of_hidden(self._shown(halved(reset * held, 15)), constants)[2 * units :]
            new = tanh(clamp16(before[t][2 * units :] + inner), 3)
            held = clamp16(halved(update * held + (32767 - update) * halved(new, 1), 15))
            hidden = self._shown(held)
            result[t] = hidden
        return result, hidden[np.newaxis].astype(np.int8)

    def _shown(self, held: Int64) -> Int64:
        return clamp8(rescale(held, self.hidden_multiplier, self.hidden_exponent) + self.zero_point)

    def matrices(self, inputs: Sequence[TensorInfo]) -> Mapping[str, tuple[str, int]]:
        return recurrent.matrices(inputs)

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        return inputs[0].shape[0] * sum(constants[name].size for name in self.WEIGHTS)

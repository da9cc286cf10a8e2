"""SVDF: a fully connected layer of low rank over the last frames, as LiteRT's int8 kernel with an int16 state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import recurrent, requant
from nmcu.graph.fixed_point import rescale
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.recurrent import clamp8
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Svdf(Op):
    """For a frame x (1, I) and the state (1, F*M) int16, M frames of each of F filters, U = F / `rank` units:

    1. each filter's frames move up by one; the last is `f = clamp16(rescale(W x + b))`
    2. `y[u] = clamp8(rescale(bias[u] + sum of time_weight * state over M frames of rank filters) + zero_point)`

    `input_weight` is (F, I), `time_weight` (F, M) int16, bias (U,); the input's bias holds its zero point.
    """

    KIND: ClassVar[str] = "svdf"
    INPUTS: ClassVar[int | None] = 2
    CONSTANTS: ClassVar[Mapping[str, str]] = {
        **recurrent.half_constants("input"),
        "time_weight": "int16",
        "bias": "int32",
    }
    WEIGHTS: ClassVar[tuple[str, ...]] = ("input_weight",)
    IN_PLACE: ClassVar[Mapping[int, int]] = {1: 1}
    SUMMARY = "fully connected layer of low rank over the last frames: int8 with an int16 state"

    rank: int
    zero_point: int
    multiplier: int
    exponent: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        x, state = inputs
        filters = recurrent.check_half("Svdf", "input", x.shape[-1], constants)
        time, bias = constants["time_weight"], constants["bias"]
        if x.shape[:-1] != (1,) or time.ndim != 2 or len(time) != filters or state.shape != (1, time.size):
            raise ModelError(
                f"Svdf: input {x.shape}, state {state.shape} and time weights {time.shape} do not fit {filters} filters"
            )
        if self.rank < 1 or filters != self.rank * len(bias):
            raise ModelError(f"Svdf: {filters} filters do not make {len(bias)} units of rank {self.rank}")
        reach = np.abs(time.astype(np.int64)).sum(axis=1).reshape(len(bias), -1).sum(axis=1) * 2**15
        if (np.abs(bias.astype(np.int64)) + reach > requant.INT32_MAX).any():
            raise ModelError("Svdf: a sum of products over time may overflow int32")
        return (1, len(bias)), state.shape

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x, state = inputs
        time = constants["time_weight"].astype(np.int64)
        frames = np.roll(state.reshape(time.shape).astype(np.int64), -1, axis=1)
        frames[:, -1] = recurrent.of_input(x, constants)[0]
        sums = (frames * time).sum(axis=1).reshape(-1, self.rank).sum(axis=1) + constants["bias"]
        y = clamp8(rescale(sums, self.multiplier, self.exponent) + self.zero_point)
        return y[np.newaxis].astype(np.int8), frames.astype(np.int16).reshape(state.shape)

    def matrices(self, inputs: Sequence[TensorInfo]) -> Mapping[str, tuple[str, int]]:
        return {"input_weight": ("input_bias", inputs[0].quant[1])}

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        return int(constants["input_weight"].size + constants["time_weight"].size)

"""Kernels of LSTMs."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Value
from nmcu.kernels.kernel import Machine
from nmcu.kernels.recurrent.base import FOLDER, Recurrent, rescale
from nmcu.kernels.recurrent.matrix import Encoding, Matrix

CELL_CYCLES = {"rv32": 633.0, "xcv": 257.0}


class Lstm(Recurrent[ops.Lstm]):
    """The step of an LSTM (lstm.c)."""

    name = "lstm"
    operators = (ops.Lstm,)
    state = 2

    def step_cycles(self, layer: Layer[ops.Lstm], machine: Machine) -> float:
        return -(-self.cells(layer) // machine.cores) * machine.isa.best(CELL_CYCLES)

    def reverse(self, layer: Layer[ops.Lstm]) -> bool:
        return layer.op.reverse

    def inner(self, layer: Layer[ops.Lstm]) -> Matrix | None:
        weight, op = layer.constants["projection_weight"], layer.op
        if not len(weight):
            return None
        same = [np.full(len(weight), v) for v in (op.projection_multiplier, op.projection_exponent)]
        return self.matrix(weight, layer.constants["projection_bias"], *same)

    def more(self, layer: Layer[ops.Lstm]) -> bytes:
        """Peepholes."""
        return layer.constants["peephole"].tobytes()

    def step(self, layer: Layer[ops.Lstm]) -> Mapping[str, Value]:
        op = layer.op
        peepholes = zip(op.peephole_multiplier, op.peephole_exponent, strict=True)
        coupled = len(layer.constants["input_bias"]) == 3 * self.cells(layer)
        return {
            "step": Expr("nmcu_lstm_step"),
            "rescale": (
                rescale(op.hidden_multiplier, op.hidden_exponent),
                *(rescale(m, e) for m, e in peepholes),
            ),
            "parameters": (
                int(coupled),
                op.cell_exponent,
                op.cell_clip,
                op.hidden_zero_point,
                op.zero_point,
                op.projection_clip,
            ),
        }

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), FOLDER / "lstm.c", body(FOLDER, "activate"))


class LstmGatherG1(Lstm):
    name = "lstm_gather_g1"
    packed = True
    encoding: ClassVar[Encoding] = "gather_g1"


class LstmGatherG4(Lstm):
    name = "lstm_gather_g4"
    packed = True
    encoding: ClassVar[Encoding] = "gather_g4"


KERNELS = (Lstm(), LstmGatherG1(), LstmGatherG4())

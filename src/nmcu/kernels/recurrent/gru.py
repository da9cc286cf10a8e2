"""Kernels of GRUs."""

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

UNIT_CYCLES = {"rv32": 408.0, "xcv": 141.0}


class Gru(Recurrent[ops.Gru]):
    """The step of a GRU (gru.c)."""

    name = "gru"
    operators = (ops.Gru,)
    apart = True

    def step_cycles(self, layer: Layer[ops.Gru], machine: Machine) -> float:
        return -(-self.cells(layer) // machine.cores) * machine.isa.best(UNIT_CYCLES)

    def reverse(self, layer: Layer[ops.Gru]) -> bool:
        return layer.op.reverse

    def kept(self, layer: Layer[ops.Gru]) -> int:
        return 2 * self.cells(layer)

    def halves(self, layer: Layer[ops.Gru]) -> Mapping[str, Matrix]:
        """The rows of n with the hidden state are none where they wait for the reset gate."""
        found = dict(super().halves(layer))
        if layer.op.reset_first:
            whole, rows = found["recurrent"], 2 * self.cells(layer)
            weight = np.where(np.arange(len(whole.weight))[:, np.newaxis] < rows, whole.weight, 0)
            found["recurrent"] = self.matrix(
                weight.astype(np.int8), whole.bias, whole.multiplier, whole.exponent
            )
        return found

    def inner(self, layer: Layer[ops.Gru]) -> Matrix | None:
        if not layer.op.reset_first:
            return None
        names = ("weight", "bias", "multiplier", "exponent")
        weight, *rows = (layer.constants[f"recurrent_{name}"][2 * self.cells(layer) :] for name in names)
        return self.matrix(weight, rows[0], rows[1], rows[2])

    def step(self, layer: Layer[ops.Gru]) -> Mapping[str, Value]:
        op = layer.op
        shown, held = (
            rescale(op.hidden_multiplier, op.hidden_exponent),
            rescale(op.held_multiplier, op.held_exponent),
        )
        return {
            "begin": Expr("nmcu_gru_begin"),
            "step": Expr("nmcu_gru_step"),
            "rescale": (shown, held),
            "parameters": (op.zero_point,),
        }

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), FOLDER / "gru.c", body(FOLDER, "activate"))


class GruGatherG1(Gru):
    name = "gru_gather_g1"
    packed = True
    encoding: ClassVar[Encoding] = "gather_g1"


class GruGatherG4(Gru):
    name = "gru_gather_g4"
    packed = True
    encoding: ClassVar[Encoding] = "gather_g4"

"""Kernels of SVDF layers."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Value
from nmcu.kernels.kernel import Machine
from nmcu.kernels.recurrent.base import FOLDER, Recurrent, rescale
from nmcu.kernels.recurrent.matrix import Encoding

FRAME_CYCLES = 20.0
UNIT_CYCLES = 50.0


class Svdf(Recurrent[ops.Svdf]):
    """Filters of a frame, then their weighted last frames (svdf.c)."""

    name = "svdf"
    operators = (ops.Svdf,)
    hidden = None
    state = 1

    def step_cycles(self, layer: Layer[ops.Svdf], machine: Machine) -> float:
        frames = int(layer.constants["time_weight"].shape[1])
        each = layer.op.rank * frames * FRAME_CYCLES + UNIT_CYCLES
        return -(-layer.outputs[0].size // machine.cores) * each

    def more(self, layer: Layer[ops.Svdf]) -> bytes:
        """Biases and the weights of frames."""
        return layer.constants["bias"].tobytes() + layer.constants["time_weight"].tobytes()

    def step(self, layer: Layer[ops.Svdf]) -> Mapping[str, Value]:
        op = layer.op
        return {
            "step": Expr("nmcu_svdf_step"),
            "rescale": (rescale(op.multiplier, op.exponent),),
            "parameters": (op.rank, layer.constants["time_weight"].shape[1], op.zero_point),
        }

    def files(self) -> tuple[Path | Body, ...]:
        return (*super().files(), FOLDER / "svdf.c")


class SvdfGatherG1(Svdf):
    name = "svdf_gather_g1"
    packed = True
    encoding: ClassVar[Encoding] = "gather_g1"


class SvdfGatherG4(Svdf):
    name = "svdf_gather_g4"
    packed = True
    encoding: ClassVar[Encoding] = "gather_g4"

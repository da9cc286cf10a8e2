"""Layer normalisation over the last axis."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import rows
from nmcu.kernels.kernel import NOWHERE, Addresses, Candidate, Kernel, Machine
from nmcu.kernels.layer_norm.layouts import CHANNEL, FACTORS
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
VALUE_CYCLES = {"rv32": 45.0, "xcv": 10.3}
ROW_CYCLES = 260
COLUMN_CYCLES = {"rv32": 180.0, "xcv": 30.5}
"""Of four channels of a row."""
SUM_CYCLES = {"rv32": 4.0, "xcv": 0.8}
"""Of a value in a row's sums."""
FACTORS_CYCLES = 120
"""Of what is done once for a row."""
WORD_CYCLES = 20
"""Of the constants of four channels, for all rows."""
LEAST_ROWS = 4
"""From which on columns are walked: constants are loaded once for each."""
ROOT_SHIFT = 42
"""Step 5 of `ops.LayerNorm`."""


class LayerNorm(Kernel[ops.LayerNorm]):
    """All rows, some channels for each core; where rows are few, or have channels of their own, whole rows."""

    name = "layer_norm"
    operators = (ops.LayerNorm,)
    headers = ("layer_norm.h",)
    function = "nmcu_layer_norm_run"

    def refusal(self, layer: Layer[ops.LayerNorm], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.LayerNorm], machine: Machine) -> Sequence[Candidate]:
        width = layer.inputs[0].shape[-1]
        row_cycles = machine.isa.best(VALUE_CYCLES) * width + ROW_CYCLES
        constants = CHANNEL.size * layer.constants["gamma"].size
        if not _by_columns(layer):
            return rows.candidates(self.name, layer, machine, row_cycles, constants)

        def tile_cycles(count: int) -> float:
            share = -(-count // machine.cores)
            each, left = divmod(-(-width // 4), machine.cores)
            row = machine.isa.best(COLUMN_CYCLES)
            factors = share * (FACTORS_CYCLES + machine.isa.best(SUM_CYCLES) * width)
            return factors + each * (count * row + WORD_CYCLES) + left * (share * row + WORD_CYCLES)

        return rows.candidates(self.name, layer, machine, 0, constants, tile_cycles, FACTORS.size)

    def pack(self, layer: Layer[ops.LayerNorm]) -> Mapping[str, Packed]:
        """`channels`: an nmcu_layer_norm_channel_t each."""
        op = layer.op
        beta = layer.constants["beta"].astype(np.int64) - (1 << (op.shift - 1))
        return {"channels": Packed(CHANNEL.pack({"gamma": layer.constants["gamma"], "beta": beta}).tobytes())}

    def descriptor(self, layer: Layer[ops.LayerNorm], parameters: Mapping[str, int], at: Addresses) -> Struct:
        op, width, channels = layer.op, layer.inputs[0].shape[-1], layer.constants["gamma"].size
        copy = f"(const nmcu_layer_norm_channel_t *)(const void *)({at.near('constants', 'channels')})"
        return Struct(
            "nmcu_layer_norm_t",
            {
                "rows": rows.descriptor(layer, parameters, at, "channels", CHANNEL.size * channels),
                "norm": Struct(
                    "nmcu_layer_norm_parameters_t",
                    {
                        "channels": Expr(copy),
                        "width": width,
                        "repeat": op.repeat,
                        "step": 0 if channels * op.repeat == width else width // op.repeat,
                        "centred": int(op.centred),
                        "middle": width * op.zero_point,
                        "epsilon": Expr(f"{op.epsilon}ull"),
                        "root_shift": ROOT_SHIFT - op.bits,
                        "norm_shift": op.norm_shift,
                        "shift": op.shift,
                        "factors": Expr(f"(nmcu_layer_norm_factors_t *)({at.l1['own']})")
                        if _by_columns(layer)
                        else Expr(NOWHERE),
                    },
                ),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*rows.SOURCES, FOLDER / "layer_norm.c", body(FOLDER, "layer_norm_loops"))


def _by_columns(layer: Layer[ops.LayerNorm]) -> bool:
    """Whether all rows have the same channels, one for each value, and are many enough to walk down channels."""
    x, channels = layer.inputs[0], layer.constants["gamma"].size
    width = x.shape[-1]
    return layer.op.repeat == 1 and channels == width >= 4 and x.size >= LEAST_ROWS * width


KERNELS = (LayerNorm(),)

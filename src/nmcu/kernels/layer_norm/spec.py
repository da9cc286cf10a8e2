"""Layer normalisation over the last axis."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import rows
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.layer_norm.layouts import CHANNEL
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
VALUE_CYCLES = {"rv32": 45.0, "xcv": 10.3}
ROW_CYCLES = 260
ROOT_SHIFT = 42
"""Step 5 of `ops.LayerNorm`."""


class LayerNorm(Kernel[ops.LayerNorm]):
    """Whole rows, one core each."""

    name = "layer_norm"
    operators = (ops.LayerNorm,)
    headers = ("layer_norm.h",)
    function = "nmcu_layer_norm_run"

    def refusal(self, layer: Layer[ops.LayerNorm], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.LayerNorm], machine: Machine) -> Sequence[Candidate]:
        channels = layer.inputs[0].shape[-1]
        row_cycles = machine.isa.best(VALUE_CYCLES) * channels + ROW_CYCLES
        return rows.candidates(self.name, layer, machine, row_cycles, CHANNEL.size * channels)

    def pack(self, layer: Layer[ops.LayerNorm]) -> Mapping[str, Packed]:
        """`channels`: an nmcu_layer_norm_channel_t each."""
        op = layer.op
        beta = layer.constants["beta"].astype(np.int64) - (1 << (op.shift - 1))
        return {"channels": Packed(CHANNEL.pack({"gamma": layer.constants["gamma"], "beta": beta}).tobytes())}

    def descriptor(self, layer: Layer[ops.LayerNorm], parameters: Mapping[str, int], at: Addresses) -> Struct:
        op, channels = layer.op, layer.inputs[0].shape[-1]
        copy = f"(const nmcu_layer_norm_channel_t *)(const void *)({at.near('constants', 'channels')})"
        return Struct(
            "nmcu_layer_norm_t",
            {
                "rows": rows.descriptor(layer, parameters, at, "channels", CHANNEL.size * channels),
                "norm": Struct(
                    "nmcu_layer_norm_parameters_t",
                    {
                        "channels": Expr(copy),
                        "width": channels,
                        "epsilon": Expr(f"{op.epsilon}ull"),
                        "root_shift": ROOT_SHIFT - op.bits,
                        "norm_shift": op.norm_shift,
                        "shift": op.shift,
                    },
                ),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*rows.SOURCES, FOLDER / "layer_norm.c", body(FOLDER, "layer_norm_words"))


KERNELS = (LayerNorm(),)

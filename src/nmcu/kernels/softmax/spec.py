"""Softmax over the last axis."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import rows
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
TABLE_BYTES = 2048
VALUE_CYCLES = {"rv32": 47.0, "xcv": 13.3}
ROW_CYCLES = 80


class Softmax(Kernel[ops.Softmax]):
    """Whole rows, one core each."""

    name = "softmax"
    operators = (ops.Softmax,)
    headers = ("softmax.h",)
    function = "nmcu_softmax_run"

    def refusal(self, layer: Layer[ops.Softmax], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.Softmax], machine: Machine) -> Sequence[Candidate]:
        row_cycles = machine.isa.best(VALUE_CYCLES) * layer.inputs[0].shape[-1] + ROW_CYCLES
        return rows.candidates(self.name, layer, machine, row_cycles, TABLE_BYTES)

    def pack(self, layer: Layer[ops.Softmax]) -> Mapping[str, Packed]:
        """`tables`: both tables, turned round, so that the index grows with the value."""
        tables = [layer.constants[key][::-1] for key in ("exponential", "numerator")]
        return {"tables": Packed(np.concatenate(tables).astype(np.uint32).tobytes())}

    def descriptor(self, layer: Layer[ops.Softmax], parameters: Mapping[str, int], at: Addresses) -> Struct:
        return Struct(
            "nmcu_softmax_t",
            {
                "rows": rows.descriptor(layer, parameters, at, "tables", TABLE_BYTES),
                "softmax": Struct(
                    "nmcu_softmax_parameters_t",
                    {
                        "tables": Expr(f"(const uint32_t *)(const void *)({at.near('constants', 'tables')})"),
                        "width": layer.inputs[0].shape[-1],
                        "zero_point": layer.op.zero_point,
                    },
                ),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*rows.SOURCES, FOLDER / "softmax.c", body(FOLDER, "softmax_rows"))


KERNELS = (Softmax(),)

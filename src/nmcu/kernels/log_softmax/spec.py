"""Logarithm of softmax: portable code over rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import rows
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
TABLES = ("exponential", "distance", "mantissa")
TABLE_BYTES = len(TABLES) * 256 * 4
VALUE_CYCLES = 40


class LogSoftmax(Kernel[ops.LogSoftmax]):
    """Row by row; a row is one core's."""

    name = "log_softmax"
    operators = (ops.LogSoftmax,)
    headers = ("log_softmax.h",)
    function = "nmcu_log_softmax_run"

    def refusal(self, layer: Layer[ops.LogSoftmax], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.LogSoftmax], machine: Machine) -> Sequence[Candidate]:
        row = VALUE_CYCLES * layer.inputs[0].shape[-1] + 250
        return rows.candidates(self.name, layer, machine, row, TABLE_BYTES)

    def pack(self, layer: Layer[ops.LogSoftmax]) -> Mapping[str, Packed]:
        """`tables`: exponential, distance and mantissa, 256 words each."""
        return {"tables": Packed(b"".join(layer.constants[name].tobytes() for name in TABLES))}

    def descriptor(
        self, layer: Layer[ops.LogSoftmax], parameters: Mapping[str, int], at: Addresses
    ) -> Struct:
        op = layer.op
        return Struct(
            "nmcu_log_softmax_t",
            {
                "rows": rows.descriptor(layer, parameters, at, "tables", TABLE_BYTES),
                "zero_point": op.zero_point,
                "fraction_bits": op.fraction_bits,
                "octave": op.octave,
                "shift": op.shift,
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*rows.SOURCES, FOLDER / "log_softmax.c")


KERNELS = (LogSoftmax(),)

"""Table look-up: one table for all values, or one for each channel."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.common import elementwise, rows
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
CYCLES_PER_WORD = {"rv32": 40.0, "xcv": 13.0}
CHANNEL_CYCLES = 8.0


class Table(Kernel[ops.Table]):
    """`y = table[x + 128]`."""

    name = "table"
    near = True
    headers = ("table.h",)
    function = "nmcu_table_run"
    operators = (ops.Table,)

    def refusal(self, layer: Layer[ops.Table], machine: Machine) -> str | None:
        return "one table for each channel" if layer.constants["table"].ndim > 1 else None

    def candidates(self, layer: Layer[ops.Table], machine: Machine) -> Sequence[Candidate]:
        return elementwise.candidates(self.name, layer, machine, machine.isa.best(CYCLES_PER_WORD), 256)

    def pack(self, layer: Layer[ops.Table]) -> Mapping[str, Packed]:
        """`table`: the result for -128 to 127; with a table for each channel, one after the other."""
        return {"table": Packed(layer.constants["table"].tobytes())}

    def descriptor(self, layer: Layer[ops.Table], parameters: Mapping[str, int], at: Addresses) -> Struct:
        members: dict[str, Value] = {
            "map": elementwise.descriptor(layer, parameters, at, "nmcu_table_words", ("table", 256)),
            "copy": Expr(at.l1["layer"]),
        }
        return Struct("nmcu_table_t", members)

    def files(self) -> tuple[Path | Body, ...]:
        return (*elementwise.SOURCES, FOLDER / "table.c", body(FOLDER, "table_words"))


class ChannelTable(Table):
    """`y[..., c] = table[c, x[..., c] + 128]`, portable code."""

    name = "channel_table"
    near = False
    function = "nmcu_channel_table_run"

    def refusal(self, layer: Layer[ops.Table], machine: Machine) -> str | None:
        return "one table for all channels" if layer.constants["table"].ndim == 1 else None

    def candidates(self, layer: Layer[ops.Table], machine: Machine) -> Sequence[Candidate]:
        row = CHANNEL_CYCLES * layer.inputs[0].shape[-1] + 20
        return rows.candidates(self.name, layer, machine, row, layer.constants["table"].nbytes)

    def descriptor(self, layer: Layer[ops.Table], parameters: Mapping[str, int], at: Addresses) -> Struct:
        shape = rows.descriptor(layer, parameters, at, "table", layer.constants["table"].nbytes)
        return Struct("nmcu_channel_table_t", {"rows": shape, "copy": Expr(at.l1["layer"])})

    def files(self) -> tuple[Path | Body, ...]:
        return (*rows.SOURCES, FOLDER / "channel_table.c")


KERNELS = (Table(), ChannelTable())

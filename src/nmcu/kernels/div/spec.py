"""Quotient of two tensors: portable code on the flat pipeline."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import elementwise
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
CYCLES_PER_WORD = {"rv32": 114.0, "xcv": 89.5}
TABLE_BYTES = 1024


class Div(Kernel[ops.Div]):
    """`y = a / b` by a table of reciprocals; broadcasting."""

    name = "div"
    operators = (ops.Div,)
    headers = ("div.h",)
    function = "nmcu_div_run"

    def refusal(self, layer: Layer[ops.Div], machine: Machine) -> str | None:
        return elementwise.refusal(layer)

    def candidates(self, layer: Layer[ops.Div], machine: Machine) -> Sequence[Candidate]:
        return elementwise.candidates(
            self.name, layer, machine, machine.isa.best(CYCLES_PER_WORD), TABLE_BYTES
        )

    def pack(self, layer: Layer[ops.Div]) -> Mapping[str, Packed]:
        """`reciprocals`: multiplier and shift of each code in one word."""
        words = layer.constants["multiplier"].astype(np.int64) * 32 + layer.constants["shift"]
        return {"reciprocals": Packed(words.astype("<i4").tobytes())}

    def descriptor(self, layer: Layer[ops.Div], parameters: Mapping[str, int], at: Addresses) -> Struct:
        op = layer.op
        copy = f"(const int32_t *)(const void *)({at.near('constants', 'reciprocals')})"
        members = {"zero_point_a": op.zero_point_a, "zero_point": op.zero_point, "lo": op.lo, "hi": op.hi}
        return Struct(
            "nmcu_div_t",
            {
                "map": elementwise.descriptor(
                    layer, parameters, at, "nmcu_div_words", ("reciprocals", TABLE_BYTES)
                ),
                "div": Struct("nmcu_div_parameters_t", {"reciprocals": Expr(copy), **members}),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*elementwise.SOURCES, FOLDER / "div.c")


KERNELS = (Div(),)

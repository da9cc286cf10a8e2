"""Sum and difference of two tensors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from nmcu.graph import Layer, ops
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import elementwise
from nmcu.kernels.kernel import KERNELS_DIR, Addresses, Candidate, Kernel, Machine, body

FOLDER = Path(__file__).parent
CYCLES_PER_WORD = {"rv32": 92.0, "xcv": 31.0, "xdec": 31.0}


class Add(Kernel):
    """`y = clamp((a * m_a + b * m_b + round) >> shift, lo, hi)`; broadcasting."""

    name = "add"
    kinds: ClassVar[frozenset[str]] = frozenset({"add", "sub"})
    headers = ("add.h",)
    function = "nmcu_add_run"

    def refusal(self, layer: Layer, machine: Machine) -> str | None:
        return elementwise.refusal(layer)

    def candidates(self, layer: Layer, machine: Machine) -> Sequence[Candidate]:
        return elementwise.candidates(self.name, layer, machine, CYCLES_PER_WORD[machine.isa])

    def descriptor(self, layer: Layer, parameters: Mapping[str, int], at: Addresses) -> Struct:
        op = layer.op
        assert isinstance(op, ops.Add)
        return Struct(
            "nmcu_add_t",
            {
                "map": elementwise.descriptor(layer, parameters, at, "nmcu_add_words"),
                "add": Struct(
                    "nmcu_add_parameters_t",
                    {
                        "multiplier_a": op.multiplier_a,
                        "multiplier_b": op.multiplier_b,
                        "round": op.rounding_constant,
                        "shift": op.shift,
                        "lo": op.lo,
                        "hi": op.hi,
                    },
                ),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def library(self, isa: str) -> tuple[Path, ...]:
        return (*elementwise.SOURCES, FOLDER / "add.c", body(FOLDER, "add_words", isa))

    def include_dirs(self) -> tuple[Path, ...]:
        return (KERNELS_DIR / "common", FOLDER)

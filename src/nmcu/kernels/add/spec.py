"""Sum and difference of two tensors."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import elementwise, epilogue
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine

FOLDER = Path(__file__).parent
CYCLES_PER_WORD = {"rv32": 48.0, "xcv": 29.3}


class Add(Kernel[ops.Add]):
    """`y = clamp((a * m_a + b * m_b + round) >> shift, lo, hi)`; broadcasting."""

    name = "add"
    near = True
    operators = (ops.Add,)
    headers = ("add.h",)
    function = "nmcu_add_run"

    def refusal(self, layer: Layer[ops.Add], machine: Machine) -> str | None:
        return elementwise.refusal(layer)

    def candidates(self, layer: Layer[ops.Add], machine: Machine) -> Sequence[Candidate]:
        return elementwise.candidates(self.name, layer, machine, machine.isa.best(CYCLES_PER_WORD))

    def descriptor(self, layer: Layer[ops.Add], parameters: Mapping[str, int], at: Addresses) -> Struct:
        return Struct(
            "nmcu_add_t",
            {
                "map": elementwise.descriptor(layer, parameters, at, "nmcu_add_words"),
                "add": epilogue.sum_parameters(layer.op),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*elementwise.SOURCES, FOLDER / "add.c", body(FOLDER, "add_words"))


KERNELS = (Add(),)

"""Rolling in portable C, where the tokens lie."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer
from nmcu.kernels import Addresses, Body, Candidate, Expr, Kernel, Machine, Struct
from nmcu_roll.operator import Roll

FOLDER = Path(__file__).parent / "c"


class RollKernel(Kernel[Roll]):
    """Each core takes tokens in turn."""

    name = "roll"
    operators = (Roll,)
    headers = ("roll.h",)
    function = "roll_run"

    def refusal(self, layer: Layer[Roll], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[Roll], machine: Machine) -> Sequence[Candidate]:
        tokens, channels = layer.inputs[0].shape
        cycles = 100 + -(-tokens // machine.cores) * (60 + 8 * channels)
        return [Candidate(self.name, {}, {}, cycles, cycles, 0)]

    def descriptor(self, layer: Layer[Roll], parameters: Mapping[str, int], at: Addresses) -> Struct:
        tokens, channels = layer.inputs[0].shape
        members = {"tokens": tokens, "channels": channels, "by": layer.op.by}
        return Struct("roll_t", {"input": Expr(at.inputs[0]), "output": Expr(at.outputs[0]), **members})

    def files(self) -> tuple[Path | Body, ...]:
        return (FOLDER / "roll.c",)


KERNELS = (RollKernel(),)

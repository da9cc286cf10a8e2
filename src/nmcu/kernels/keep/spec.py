"""The next value of a state, where it does not lie in the state's memory already: one copy, or a window's shift."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine

FILES = (Path(__file__).parent / "keep.c",)
STAGING_BYTES = 8192
PIECE_CYCLES = 40
LAYER_CYCLES = 90


class Keep(Kernel[ops.WriteState]):
    """One core moves everything, so that a window may overlap its next place."""

    name = "keep"
    operators = (ops.WriteState,)
    headers = ("keep.h",)
    function = "nmcu_keep_run"

    def refusal(self, layer: Layer[ops.WriteState], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.WriteState], machine: Machine) -> Sequence[Candidate]:
        size = layer.outputs[0].bytes
        staging = min(size, STAGING_BYTES, machine.l1_bytes // 16 * 16 if machine.staged else size)
        if machine.tiling is not None:
            staging = machine.tiling["staging"]
        if not staging:
            return []
        full, rest = divmod(size, staging)
        copies = full * machine.dma_cycles(staging) + machine.dma_cycles(rest)
        cycles = (
            (2 * copies + (full + (rest > 0)) * PIECE_CYCLES) if machine.staged else machine.dma_cycles(size)
        )
        l1 = {"staging": machine.staged_bytes(staging)}
        return [Candidate(self.name, {"staging": staging}, l1, LAYER_CYCLES + cycles, 0, cycles)]

    def descriptor(
        self, layer: Layer[ops.WriteState], parameters: Mapping[str, int], at: Addresses
    ) -> Struct:
        size = layer.outputs[0].bytes
        return Struct(
            "nmcu_keep_t",
            {
                "from": Expr(at.inputs[1]),
                "to": Expr(at.outputs[0]),
                "bytes": size,
                "staging": Expr(at.l1["staging"]),
                "staging_bytes": parameters["staging"],
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return FILES


KERNELS = (Keep(),)

"""Average and maximum pooling: one driver (pool.c), a hot loop each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.common import requantize, window
from nmcu.kernels.common.layer import LAYER_BYTES
from nmcu.kernels.kernel import CONSTANTS, Addresses, Candidate, Kernel, Machine, OpT
from nmcu.kernels.packed import Packed
from nmcu.kernels.pool.layouts import CLASS

FOLDER = Path(__file__).parent
WINDOW_CYCLES = 110
"""Per window: bounds, call, pointers."""


class Pool(Kernel[OpT]):
    """Four channels at a time; padding is left out of the windows."""

    near = True
    headers = ("pool.h",)
    function = "nmcu_pool_run"
    element_cycles: ClassVar[Mapping[str, float]]
    """Of four channels of one element of a window."""
    result_cycles: ClassVar[Mapping[str, float]]
    """Of four results."""

    def refusal(self, layer: Layer[OpT], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[OpT], machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer, channelwise=True)
        extra = {"layer": machine.staged_bytes(LAYER_BYTES)}
        extra |= {n: machine.staged_bytes(b, CONSTANTS) for n, b in self._class_buffer(layer).items()}
        elements = geometry.kernel[0] * geometry.kernel[1]
        element, result = machine.isa.best(self.element_cycles), machine.isa.best(self.result_cycles)
        group_cycles = elements * element + result

        def compute(rows: int, channels: int) -> int:
            groups = -(-channels // 4)
            share = -(-rows * geometry.output[1] * groups // machine.cores)
            return int(share * group_cycles + -(-share // min(groups, 16)) * WINDOW_CYCLES + 150)

        found = []
        for tiling in window.tilings(geometry, machine, 4, 0, extra=sum(extra.values()) + 64):
            cycles, work, dma = window.pipeline_cycles(geometry, machine, tiling, 0, compute)
            l1 = extra | window.buffers(geometry, machine, tiling)
            room = 0, window.BEHIND
            found.append(Candidate(self.name, tiling.parameters(), l1, cycles, work, dma, room))
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def descriptor(self, layer: Layer[OpT], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer, channelwise=True)
        members: dict[str, Value] = {
            "window": window.descriptor(geometry, window.Tiling.from_parameters(parameters), at),
            "pad_left": geometry.pad_left,
            "copy": Expr(at.l1["layer"]),
        }
        return Struct("nmcu_pool_t", members | self._class_members(layer, at))

    def files(self) -> tuple[Path | Body, ...]:
        loops = tuple(body(FOLDER, name) for name in ("pool_maximum", "pool_sums"))
        return (*window.SOURCES, FOLDER / "pool.c", *loops)

    def _class_buffer(self, layer: Layer[OpT]) -> dict[str, int]:
        return {}

    def _class_members(self, layer: Layer[OpT], at: Addresses) -> dict[str, Value]:
        return {}


class MaxPool(Pool[ops.MaxPool]):
    name = "maxpool"
    operators = (ops.MaxPool,)
    element_cycles: ClassVar[Mapping[str, float]] = {"xcv": 3, "rv32": 17}
    result_cycles: ClassVar[Mapping[str, float]] = {"xcv": 9, "rv32": 24}


class AveragePool(Pool[ops.AveragePool]):
    name = "avgpool"
    operators = (ops.AveragePool,)
    element_cycles: ClassVar[Mapping[str, float]] = {"xcv": 6, "rv32": 14}
    result_cycles: ClassVar[Mapping[str, float]] = {"xcv": 80, "rv32": 100}

    def pack(self, layer: Layer[ops.AveragePool]) -> Mapping[str, Packed]:
        """`classes`: an nmcu_pool_class_t for every number of elements a window may have."""
        bias, multiplier, rounding, shift = requantize.channel_constants(layer)
        columns = {"bias": bias, "multiplier": multiplier, "round": rounding, "shift": shift}
        return {"classes": Packed(CLASS.pack({"count": layer.constants["counts"], **columns}).tobytes())}

    def _class_buffer(self, layer: Layer[ops.AveragePool]) -> dict[str, int]:
        return {"classes": CLASS.size * len(layer.constants["counts"])}

    def _class_members(self, layer: Layer[ops.AveragePool], at: Addresses) -> dict[str, Value]:
        return {
            "classes": Expr(f"(const nmcu_pool_class_t *)(const void *){at.constants['classes']}"),
            "classes_copy": Expr(at.near("classes", "classes")),
            "class_count": len(layer.constants["counts"]),
            "requant": requantize.descriptor(layer),
        }


KERNELS = (MaxPool(), AveragePool())

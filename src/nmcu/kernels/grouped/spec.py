"""Grouped convolution: portable code."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize, weighted, window
from nmcu.kernels.common.layer import LAYER_BYTES
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine, align
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
HEAD_BYTES = 16
MAC_CYCLES = 7
TAP_CYCLES = 14
RESULT_CYCLES = 90


class Grouped(Kernel[ops.Conv2d]):
    """Convolution with more than one group."""

    name = "grouped"
    operators = (ops.Conv2d,)
    headers = ("grouped.h",)
    function = "nmcu_grouped_run"

    def refusal(self, layer: Layer[ops.Conv2d], machine: Machine) -> str | None:
        return "one group" if layer.op.groups == 1 else None

    def candidates(self, layer: Layer[ops.Conv2d], machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        channel_bytes = _channel_bytes(layer)
        _, height, width, depth = (int(n) for n in layer.constants["weight"].shape)
        result = RESULT_CYCLES + height * width * (TAP_CYCLES + depth * MAC_CYCLES)

        def compute(rows: int, channels: int) -> int:
            return -(-rows * geometry.output[1] // machine.cores) * channels * result + 250

        found = []
        for tiling in window.tilings(geometry, machine, 4, channel_bytes, LAYER_BYTES):
            cycles, work, dma = window.pipeline_cycles(geometry, machine, tiling, channel_bytes, compute)
            l1 = {"layer": machine.staged_bytes(LAYER_BYTES)} | window.buffers(
                geometry, machine, tiling, channel_bytes
            )
            found.append(Candidate(self.name, tiling.parameters(), l1, cycles, work, dma))
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def pack(self, layer: Layer[ops.Conv2d]) -> Mapping[str, Packed]:
        """`weights`: an nmcu_grouped_channel_t for every output channel."""
        weight = layer.constants["weight"]
        heads = np.ascontiguousarray(requantize.channel_constants(layer).T).view(np.int8)
        body = np.zeros((weight.shape[0], _channel_bytes(layer) - HEAD_BYTES), np.int8)
        body[:, : weight[0].size] = weight.reshape(weight.shape[0], -1)
        return {"weights": Packed(np.concatenate([heads, body], axis=1).tobytes())}

    def descriptor(self, layer: Layer[ops.Conv2d], parameters: Mapping[str, int], at: Addresses) -> Struct:
        weight, geometry = layer.constants["weight"], window.geometry(layer)
        tiling = window.Tiling.from_parameters(parameters)
        return Struct(
            "nmcu_grouped_t",
            {
                "weighted": weighted.descriptor(geometry, tiling, at, _channel_bytes(layer)),
                "depth": weight.shape[3],
                "channels": weight.shape[0] // layer.op.groups,
                "requant": requantize.descriptor(layer),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, FOLDER / "grouped.c")


def _channel_bytes(layer: Layer[ops.Conv2d]) -> int:
    return HEAD_BYTES + align(layer.constants["weight"][0].size, 4)


KERNELS = (Grouped(),)

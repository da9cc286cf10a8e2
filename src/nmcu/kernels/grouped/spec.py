"""Grouped convolution: portable code."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize, weighted, window
from nmcu.kernels.common.layer import LAYER_BYTES
from nmcu.kernels.kernel import KERNELS_DIR, Addresses, Candidate, Kernel, Machine, align

FOLDER = Path(__file__).parent
HEAD_BYTES = 16
MAC_CYCLES = 7
TAP_CYCLES = 14
RESULT_CYCLES = 90


class Grouped(Kernel):
    """Convolution with more than one group."""

    name = "grouped"
    kinds: ClassVar[frozenset[str]] = frozenset({"conv"})
    headers = ("grouped.h",)
    function = "nmcu_grouped_run"

    def refusal(self, layer: Layer, machine: Machine) -> str | None:
        assert isinstance(layer.op, ops.Conv2d)
        return "one group" if layer.op.groups == 1 else None

    def candidates(self, layer: Layer, machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        channel_bytes = _channel_bytes(layer)
        _, height, width, depth = (int(n) for n in layer.constants["weight"].shape)
        result = RESULT_CYCLES + height * width * (TAP_CYCLES + depth * MAC_CYCLES)

        def compute(rows: int, channels: int) -> int:
            return -(-rows * geometry.output[1] // machine.cores) * channels * result + 250

        found = []
        for tiling in window.tilings(geometry, machine, 4, channel_bytes, LAYER_BYTES):
            cycles, work, dma = window.pipeline_cycles(geometry, machine, tiling, channel_bytes, compute)
            l1 = {"layer": LAYER_BYTES} | window.buffers(geometry, tiling, channel_bytes)
            found.append(Candidate(self.name, tiling.parameters(), l1, cycles, work, dma))
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def constants(self, layer: Layer) -> Mapping[str, bytes]:
        """`weights`: an nmcu_grouped_channel_t for every output channel."""
        weight = layer.constants["weight"]
        heads = np.ascontiguousarray(requantize.channel_constants(layer).T).view(np.int8)
        body = np.zeros((weight.shape[0], _channel_bytes(layer) - HEAD_BYTES), np.int8)
        body[:, : weight[0].size] = weight.reshape(weight.shape[0], -1)
        return {"weights": np.concatenate([heads, body], axis=1).tobytes()}

    def descriptor(self, layer: Layer, parameters: Mapping[str, int], at: Addresses) -> Struct:
        assert isinstance(layer.op, ops.Conv2d)
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

    def library(self, isa: str) -> tuple[Path, ...]:
        return (*weighted.SOURCES, FOLDER / "grouped.c")

    def include_dirs(self) -> tuple[Path, ...]:
        return (KERNELS_DIR / "common", FOLDER)


def _channel_bytes(layer: Layer) -> int:
    return HEAD_BYTES + align(layer.constants["weight"][0].size, 4)

"""Records by two pixels (records.h)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from nmcu.graph import Layer
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize, weighted, window
from nmcu.kernels.kernel import Addresses, Candidate, Machine, align
from nmcu.kernels.records.base import Records, is_token

FOLDER = Path(__file__).parent
PIXELS = 2


class PairRecords(Records, window.WindowKernel[window.Affine]):
    """One channel by two pixels; for all layers but linear ones of a single token."""

    function: ClassVar[str] = "nmcu_records_run"

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        return super().refusal(layer, machine) or ("a single token" if is_token(layer) else None)

    def candidates(self, layer: Layer[window.Affine], machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        channel_bytes = self.record_bytes(layer, geometry)
        im2col = align(2 * machine.cores * self.buffer_bytes(layer, geometry))
        found = []
        for tiling in window.tilings(geometry, machine, 1, channel_bytes, im2col):
            at = machine.where(tiling.copied)
            cycles, compute, dma = window.pipeline_cycles(
                geometry,
                at,
                tiling,
                channel_bytes,
                lambda rows, channels: self.tile_cycles(layer, geometry, at, rows, channels),  # noqa: B023
            )
            buffers = window.buffers(geometry, machine, tiling, channel_bytes) | {"im2col": im2col}
            found.append(Candidate(self.name, tiling.parameters(), buffers, cycles, compute, dma))
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def tile_cycles(
        self,
        layer: Layer[window.Affine],
        geometry: window.Geometry,
        machine: Machine,
        rows: int,
        channels: int,
    ) -> float:
        width = geometry.output[1]
        blocks = -(-rows * width // PIXELS) if geometry.flat else rows * -(-width // PIXELS)
        share = -(-blocks * channels // machine.cores)
        cost = machine.costs(self.name)
        item = cost["item"] + cost["wide"] * requantize.wide_share(layer, PIXELS)
        copied = PIXELS * self.buffer_bytes(layer, geometry) // 4
        run = cost["run"] + copied * cost["copy"]
        return (
            share * (self.reduction_cycles(layer, geometry, cost) + item)
            + -(-share // channels) * run
            + cost["tile"]
        )

    def descriptor(self, layer: Layer[window.Affine], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer)
        tiling = window.Tiling.from_parameters(parameters)
        return Struct(
            "nmcu_records_t",
            {
                "weighted": weighted.descriptor(geometry, tiling, at, self.record_bytes(layer, geometry)),
                "block": Expr(f"nmcu_{self.name}"),
                "im2col": Expr(at.l1["im2col"]),
                "im2col_bytes": self.buffer_bytes(layer, geometry),
                "requant": requantize.descriptor(layer),
                "steps": self.steps(layer, geometry),
                "tap_bytes": align(geometry.input[2], self.block_length(layer)),
                "m": self.block_length(layer),
                "flat": int(geometry.flat),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, FOLDER / "records.c", body(FOLDER, "copy_words"), self.own_body())

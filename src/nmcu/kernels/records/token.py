"""Records by a single token (token.h)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize, window
from nmcu.kernels.common.layer import FETCH_CYCLES, LAYER_BYTES
from nmcu.kernels.costs import CONTENTION
from nmcu.kernels.kernel import (
    CONSTANTS,
    INPUTS,
    KERNELS_DIR,
    OUTPUT,
    Addresses,
    Candidate,
    Machine,
    align,
)
from nmcu.kernels.records.base import Records, is_token

FOLDER = Path(__file__).parent
PARTS = (1, 3, 5, 7, 9, 11, 13, 15)
"""Records of a part that are tried: more expose more of the first and the last part."""


@dataclass(frozen=True)
class Cut:
    """Parts of `part` records on each of `cores` cores; `copied` as in `window.Tiling`."""

    part: int
    cores: int
    copied: bool = False

    def parameters(self) -> dict[str, int]:
        found = {"part": self.part, "cores": self.cores}
        return found | {"copied": 1} if self.copied else found

    @staticmethod
    def from_parameters(parameters: Mapping[str, int]) -> "Cut":
        return Cut(parameters["part"], parameters["cores"], bool(parameters.get("copied", 0)))


class TokenRecords(Records):
    """For linear layers of a single token: each core brings the records that it computes, part by part."""

    near = True
    operators = (ops.Linear,)
    function: ClassVar[str] = "nmcu_token_run"

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        return super().refusal(layer, machine) or (None if is_token(layer) else "more than one token")

    def candidates(self, layer: Layer[window.Affine], machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        found = []
        for cut in self._cuts(layer, geometry, machine):
            at = machine.where(cut.copied)
            cycles, compute, dma = self._cycles(layer, geometry, at, cut)
            buffers = self._buffers(layer, geometry, machine, cut)
            behind = max(0, self.buffer_bytes(layer, geometry) - geometry.input[2])
            found.append(
                Candidate(self.name, cut.parameters(), buffers, cycles, compute, dma, (0, align(behind, 4)))
            )
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def _cuts(
        self, layer: Layer[window.Affine], geometry: window.Geometry, machine: Machine
    ) -> Sequence[Cut]:
        """Those whose buffers fit: an odd number of records in a part, so that the cores' parts start in different
        banks, or all records of a core; fewer cores only where not all have room for a record."""
        if machine.tiling is not None:
            return [Cut.from_parameters(machine.tiling)]

        def fitting(cores: int) -> list[Cut]:
            share = self._share(geometry, cores)
            places = window.places(machine, self.record_bytes(layer, geometry))
            cuts = [
                Cut(part, cores, copied)
                for copied in places
                for part in (
                    *(odd for odd in PARTS if odd < share and (copied or not machine.lies_near(CONSTANTS))),
                    share,
                )
            ]
            room = machine.l1_bytes
            return [
                c
                for c in cuts
                if sum(map(align, self._buffers(layer, geometry, machine, c).values())) <= room
            ]

        return next((found for cores in range(machine.cores, 0, -1) if (found := fitting(cores))), [])

    def _share(self, geometry: window.Geometry, cores: int) -> int:
        """Records of the busiest of so many cores."""
        return -(-geometry.output[2] // (self.record_channels * cores))

    def _buffers(
        self, layer: Layer[window.Affine], geometry: window.Geometry, machine: Machine, cut: Cut
    ) -> dict[str, int]:
        records = cut.cores * cut.part * self.record_bytes(layer, geometry)
        records = records if cut.copied else machine.staged_bytes(records, CONSTANTS)
        found = {
            "layer": machine.staged_bytes(LAYER_BYTES),
            "x": machine.staged_bytes(self.buffer_bytes(layer, geometry), INPUTS[0]),
            "y": machine.staged_bytes(geometry.output[2], OUTPUT),
            "constants0": records,
        }
        return found | ({"constants1": records} if cut.part < self._share(geometry, cut.cores) else {})

    def _cycles(
        self, layer: Layer[window.Affine], geometry: window.Geometry, machine: Machine, cut: Cut
    ) -> tuple[int, int, int]:
        """(cycles of the layer, of the busiest core's parts alone, of all transfers).

        Either the work decides, behind the first parts of all cores, or the transfers, which every cycle of work holds
        up a little (`CONTENTION`), in front of the last part's work.
        """
        cost = machine.costs(self.name)
        share = self._share(geometry, cut.cores)
        item = cost["item"] + cost["wide"] * requantize.wide_share(layer, 1)
        work = (
            share * (self.reduction_cycles(layer, geometry, cost) + item)
            + -(-share // cut.part) * cost["run"]
        )
        record_bytes = self.record_bytes(layer, geometry)
        records = -(-geometry.output[2] // self.record_channels)
        first = machine.constants_cycles(min(cut.part * cut.cores, records) * record_bytes, cut.copied)
        every = machine.constants_cycles(records * record_bytes, cut.copied)
        ends = machine.staging_cycles(geometry.input[2], operand=INPUTS[0])
        ends += machine.staging_cycles(geometry.output[2], operand=OUTPUT)
        layer_cycles = cost["layer"] - FETCH_CYCLES * (CONSTANTS in machine.near)
        if not machine.staged:
            return int(layer_cycles + work + every), int(work), 0
        if not machine.overlaps:
            return int(layer_cycles + ends + work + every / cut.cores), int(work), int(ends + every)
        slowed = every + cost[CONTENTION] * work + work * cut.part / share
        return int(layer_cycles + ends + max(first + work, slowed)), int(work), int(ends + every)

    def descriptor(self, layer: Layer[window.Affine], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry, cut = window.geometry(layer), Cut.from_parameters(parameters)
        return Struct(
            "nmcu_token_t",
            {
                "input": Expr(at.inputs[0]),
                "output": Expr(at.outputs[0]),
                "x": Expr(at.l1["x"]),
                "y": Expr(at.l1["y"]),
                "weights": Expr(at.constants["weights"]),
                "parts": window.pair(at, "constants"),
                "block": Expr(f"nmcu_{self.name}"),
                "requant": requantize.descriptor(layer),
                "record_bytes": self.record_bytes(layer, geometry),
                "inputs": geometry.input[2],
                "channels": geometry.output[2],
                "part": cut.part,
                "cores": cut.cores,
                "steps": self.steps(layer, geometry),
                "m": self.block_length(layer),
                "record_shift": self.record_channels.bit_length() - 1,
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (KERNELS_DIR / "common" / "pipeline.c", FOLDER / "token.c", self.own_body())

"""What kernels have in common whose weights are records of one or few output channels (records.h)."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.kernels.body import CORE_V, Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize, weighted, window
from nmcu.kernels.costs import Constants
from nmcu.kernels.kernel import Addresses, Candidate, Machine, align
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent


class Records(window.WindowKernel[window.Affine]):
    """Records of `record_channels` output channels by `pixels` pixels."""

    packed: ClassVar[bool] = True
    function: ClassVar[str] = "nmcu_records_run"
    folder: ClassVar[Path]
    pixels: ClassVar[int]
    record_channels: ClassVar[int] = 1

    @abstractmethod
    def unsuitable(self, layer: Layer[window.Affine]) -> str | None:
        """Why the layer's weights are not this kernel's, or None."""

    @abstractmethod
    def steps(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Length of a channel's reduction in the kernel's own unit."""

    def reduction_cycles(
        self, layer: Layer[window.Affine], geometry: window.Geometry, cost: Constants
    ) -> float:
        """Predicted cycles of the inner loop for one block of outputs; linear in `cost`."""
        return self.steps(layer, geometry) * cost["step"]

    @abstractmethod
    def record_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Bytes of one record."""

    @abstractmethod
    def buffer_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Bytes of one im2col buffer; of a single pixel, how far behind its window it may be read."""

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.Conv2d) and layer.op.groups != 1:
            return "grouped convolution"
        if (reason := self.unsuitable(layer)) is not None:
            return reason
        single = layer.kind == "linear" and window.geometry(layer).output[:2] == (1, 1)
        if (self.pixels == 1) != single:
            return "more than one token" if self.pixels == 1 else "a single token"
        form = requantize.form(layer)
        return f"requantisation in the {form} form" if form == "full" else None

    def candidates(self, layer: Layer[window.Affine], machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        channel_bytes = -(-self.record_bytes(layer, geometry) // self.record_channels)
        extra = self._extra(layer, geometry, machine)
        found = []
        for tiling in self._tilings(geometry, machine, channel_bytes, sum(extra.values())):
            cycles, compute, dma = window.pipeline_cycles(
                geometry,
                machine,
                tiling,
                channel_bytes,
                lambda rows, channels: self.tile_cycles(layer, geometry, machine, rows, channels),
            )
            buffers = {**window.buffers(geometry, machine, tiling, channel_bytes), **extra}
            found.append(Candidate(self.name, tiling.parameters(), buffers, cycles, compute, dma))
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def _tilings(
        self, geometry: window.Geometry, machine: Machine, channel_bytes: int, extra: int
    ) -> Iterable[window.Tiling]:
        """Of a single pixel: an odd number of records for each core, so that the cores start in different banks; fewer
        records than cores only where L1 has no room for more."""
        if self.pixels > 1:
            return window.tilings(geometry, machine, self.record_channels, channel_bytes, extra)
        each = machine.cores * self.record_channels
        most = align(geometry.output[2], self.record_channels)
        sizes = {min(most, each * odd) for odd in range(1, most // each + 3, 2)}
        few = range(min(most, each) - self.record_channels, 0, -self.record_channels)

        def fitting(candidates: Iterable[int]) -> list[window.Tiling]:
            tilings = (window.Tiling(1, size, False) for size in candidates)
            return [t for t in tilings if window.fits(geometry, machine, t, channel_bytes, extra)]

        return fitting(sorted(sizes, reverse=True)) or fitting(few)[:1]

    def _extra(
        self, layer: Layer[window.Affine], geometry: window.Geometry, machine: Machine
    ) -> dict[str, int]:
        if self.pixels == 1:
            return {"behind": align(self.buffer_bytes(layer, geometry))}
        return {"im2col": align(2 * machine.cores * self.buffer_bytes(layer, geometry))}

    def tile_cycles(
        self,
        layer: Layer[window.Affine],
        geometry: window.Geometry,
        machine: Machine,
        rows: int,
        channels: int,
    ) -> float:
        width = geometry.output[1]
        blocks = -(-rows * width // self.pixels) if geometry.flat else rows * -(-width // self.pixels)
        records = -(-channels // self.record_channels)
        share = -(-blocks * records // machine.cores)
        cost = machine.costs(self.name)
        item = cost["item"] + (cost["wide"] if requantize.form(layer) == "wide" else 0)
        copied = self.pixels * self.buffer_bytes(layer, geometry) // 4 if self.pixels == 2 else 0
        run = cost["run"] + copied * cost["copy"]
        return (
            share * (self.reduction_cycles(layer, geometry, cost) + item)
            + -(-share // records) * run
            + cost["tile"]
        )

    def channel_parts(self, layer: Layer[window.Affine], records: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """(bias; multiplier, round and shift of each channel in turn) of every record."""
        channels = np.zeros((4, records * self.record_channels), np.int32)
        channels[3] = 1
        channels[:, : layer.constants["weight"].shape[0]] = requantize.channel_constants(layer)
        rest = channels[1:].reshape(3, records, self.record_channels).transpose(1, 2, 0)
        return channels[0].reshape(records, -1), rest.reshape(records, -1)

    def joined(
        self, bias: NDArray[Any], positions: NDArray[Any], value: NDArray[Any], rest: NDArray[Any]
    ) -> Packed:
        """Records from their parts, in this order, each an array of (records, anything)."""
        parts = (bias, positions, value, rest)
        rows = [np.ascontiguousarray(part).reshape(part.shape[0], -1).view(np.uint8) for part in parts]
        data = np.concatenate(rows, axis=1).tobytes()
        return Packed(data, index_bytes=positions.nbytes, requant_bytes=bias.nbytes + rest.nbytes)

    def descriptor(self, layer: Layer[window.Affine], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer)
        tiling = window.Tiling.from_parameters(parameters)
        m = self.block_length(layer)
        return Struct(
            "nmcu_records_t",
            {
                "weighted": weighted.descriptor(
                    geometry, tiling, at, self.record_bytes(layer, geometry), self.record_channels
                ),
                "block": Expr(f"nmcu_{self.name}"),
                "im2col": Expr(at.l1.get("im2col", "0")),
                "im2col_bytes": self.buffer_bytes(layer, geometry),
                "requant": requantize.descriptor(layer),
                "steps": self.steps(layer, geometry),
                "tap_bytes": align(geometry.input[2], m),
                "m": m,
                "pixels": self.pixels,
                "record_channels": self.record_channels,
                "flat": int(geometry.flat),
            },
        )

    def block_length(self, layer: Layer[window.Affine]) -> int:
        """M that the weights are packed by, 1 where no pattern is."""
        assert layer.support is not None
        return layer.support.block

    def files(self) -> tuple[Path | Body, ...]:
        own = (body(FOLDER, "copy_words"), body(self.folder, self.name, self.requires or CORE_V))
        return (*weighted.SOURCES, FOLDER / "records.c", *own)

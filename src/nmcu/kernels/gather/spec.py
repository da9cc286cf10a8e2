"""Word gather kernels: sparse convolution and fully-connected layers over several tokens."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import epilogue, requantize, weighted, window
from nmcu.kernels.kernel import Addresses, Candidate, Machine, align
from nmcu.kernels.packed import Packed
from nmcu.sparsity import Support, distances

FOLDER = Path(__file__).parent
WORD = 4
LANES = (1, 3, 0, 2)
"""Which of four entries a lane of a transposed word, and so of a word of weights, belongs to (gather.inc)."""


class WordGather(window.WindowKernel[window.Affine]):
    """`group` output channels that share positions, by 4 * `quads` pixels; a step is four entries."""

    operators = (ops.Conv2d, ops.Linear)
    packed: ClassVar[bool] = True
    sieved: ClassVar[bool] = True
    headers: ClassVar[tuple[str, ...]] = ("gather.h",)
    function: ClassVar[str] = "nmcu_gather_run"
    group: ClassVar[int]
    quads: ClassVar[int] = 1

    @property
    def tail(self) -> str:
        """The four-pixel kernel that the last pixels of a row are left to."""
        return self.name

    def functions(self, layer: Layer[window.Affine]) -> tuple[str, str]:
        """The block functions of `layer`: of all pixels of a block, and of the last four-pixel parts of a row."""
        return self.name, self.tail

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.Conv2d) and layer.op.groups != 1:
            return "grouped convolution"
        if layer.support is None:
            return "weights that are not N:M sparse, and over half of them not zero"
        return distances.refusal(layer.support, self.group)

    def candidates(self, layer: Layer[window.Affine], machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        channel_bytes = -(-self._group_bytes(layer, geometry) // self.group)
        found = []
        for tiling in window.tilings(geometry, machine, self.group, channel_bytes):
            buffers = window.buffers(geometry, machine, tiling, channel_bytes)
            buffers["words"] = self._word_bytes(layer, geometry, tiling.rows)
            buffers |= epilogue.table_buffer(layer, machine)
            if sum(align(size) for size in buffers.values()) > machine.l1_bytes:
                continue
            at = machine.where(tiling.copied)
            cycles, compute, dma = window.pipeline_cycles(
                geometry,
                at,
                tiling,
                channel_bytes,
                lambda rows, channels: self.tile_cycles(layer, geometry, at, rows, channels),  # noqa: B023
                lambda rows: self.slab_cycles(geometry, at, rows),  # noqa: B023
            )
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
        width, lines = geometry.output[1], rows
        if geometry.flat:
            width, lines = width * rows, 1
        whole, rest = divmod(width, 4 * self.quads)
        blocks, groups = whole + (rest > 0), -(-channels // self.group)
        share = -(-lines * blocks * groups // machine.cores)
        item = self._item_cycles(layer, geometry, machine, self.name)
        if share > whole * groups:  # every core's share has a line's last block in it
            line = whole * item + -(-rest // 4) * self._item_cycles(layer, geometry, machine, self.tail)
            item = line / blocks
        cost = machine.costs(self.name)
        return share * item + -(-share // groups) * cost["run"] + cost["tile"]

    def _item_cycles(
        self, layer: Layer[window.Affine], geometry: window.Geometry, machine: Machine, kernel: str
    ) -> float:
        """One group of channels by one block of pixels."""
        cost = machine.costs(kernel)
        wide = cost["wide"] * requantize.wide_share(layer, 4 * self.quads)
        steps = self._steps(layer, geometry)
        added = 4 * self.quads * self.group * epilogue.cycles(self, layer, machine)
        return geometry.kernel[0] * (steps * cost["step"] + cost["segment"]) + cost["item"] + wide + added

    def _support(self, layer: Layer[window.Affine]) -> Support:
        assert layer.support is not None
        return layer.support.in_groups(self.group)

    def _steps(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        """Fours of entries in a segment: a row of the window."""
        support = self._support(layer)
        return distances.entries_per_segment(support, *self._format(geometry)) // 4

    def _format(self, geometry: window.Geometry) -> tuple[int, int, int]:
        """(segments, positions of a tap, bytes from one position to the next)."""
        return geometry.kernel[0], _tap_words(geometry), WORD * self.quads

    def _distance_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        return align(1 + geometry.kernel[0] * 4 * self._steps(layer, geometry), 4)

    def _group_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry) -> int:
        values = 4 * self._steps(layer, geometry) * geometry.kernel[0] * self.group
        return 16 * self.group + self._distance_bytes(layer, geometry) + values

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: the packed groups of gather.h."""
        geometry = window.geometry(layer)
        weight = layer.constants["weight"]
        packed = distances.pack(weight, self._support(layer), *self._format(geometry))
        groups = packed.distance.shape[0]
        last = np.pad(
            packed.distance, ((0, 0), (0, self._distance_bytes(layer, geometry) - packed.distance.shape[1]))
        )
        values = packed.value.reshape(groups, self.group, -1, 4)[..., LANES].transpose(0, 2, 1, 3)
        channels = np.zeros((4, groups * self.group), np.int32)
        channels[3] = 1
        channels[:, : weight.shape[0]] = requantize.channel_constants(layer)
        bias = channels[0].reshape(groups, self.group)
        rest = channels[1:].reshape(3, groups, self.group).transpose(1, 2, 0).reshape(groups, -1)
        parts = [bias, last, np.ascontiguousarray(values).reshape(groups, -1), rest]
        rows = [np.ascontiguousarray(part).view(np.uint8).reshape(groups, -1) for part in parts]
        data = np.concatenate(rows, axis=1).tobytes()
        weights = Packed(data, index_bytes=last.nbytes, requant_bytes=channels.nbytes)
        return {"weights": weights, **epilogue.packed_table(layer)}

    def descriptor(self, layer: Layer[window.Affine], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer)
        tiling = window.Tiling.from_parameters(parameters)
        block, tail = self.functions(layer)
        return Struct(
            "nmcu_gather_t",
            {
                "weighted": weighted.descriptor(
                    geometry, tiling, at, self._group_bytes(layer, geometry), self.group
                ),
                "block": Expr(epilogue.function(block, layer)),
                "tail": Expr(epilogue.function(tail, layer)),
                "words": Expr(f"(uint8_t *)({at.l1['words']})"),
                "distance_bytes": self._distance_bytes(layer, geometry),
                "requant": requantize.descriptor(layer),
                **epilogue.sum_member(layer),
                "steps": self._steps(layer, geometry),
                "tap_words": _tap_words(geometry),
                "quads": self.quads,
                "group": self.group,
                "flat": int(geometry.flat),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        bodies = dict.fromkeys(("interleave", self.name, self.tail))
        return (*weighted.SOURCES, FOLDER / "gather.c", *(body(FOLDER, name) for name in bodies))

    def _blocks(self, geometry: window.Geometry, rows: int) -> tuple[int, int]:
        """(rows of the interleaved slab, blocks in a row) for `rows` output rows."""
        if geometry.flat:
            return 1, -(-rows * geometry.output[1] // (4 * self.quads))
        return geometry.slab_rows(rows), -(-geometry.output[1] // (4 * self.quads))

    def _word_bytes(self, layer: Layer[window.Affine], geometry: window.Geometry, rows: int) -> int:
        slab_rows, blocks = self._blocks(geometry, rows)
        return slab_rows * blocks * geometry.kernel[1] * _tap_words(geometry) * WORD * self.quads

    def slab_cycles(self, geometry: window.Geometry, machine: Machine, rows: int) -> float:
        """The slab is interleaved."""
        slab_rows, blocks = self._blocks(geometry, rows)
        items = -(-slab_rows * blocks * geometry.kernel[1] // machine.cores)
        cost = machine.costs(self.name)
        word = cost["word"] + (cost["misaligned"] if geometry.input[2] % 4 else 0)
        return items * self.quads * (_tap_words(geometry) // 4 * word + cost["tap"])


class WordGatherG1(WordGather):
    name = "word_gather_g1"
    group = 1
    residual_cycles: ClassVar[Mapping[str, float]] = {"rv32": 16.0, "xcv": 11.0}
    table_cycles: ClassVar[Mapping[str, float]] = {"rv32": 3.0, "xcv": 1.8}


class WordGatherG1x8(WordGather):
    name = "word_gather_g1x8"
    group = 1
    quads = 2
    residual_cycles: ClassVar[Mapping[str, float]] = {"rv32": 15.3, "xcv": 9.2}
    table_cycles: ClassVar[Mapping[str, float]] = {"rv32": 3.0, "xcv": 1.5}

    @property
    def tail(self) -> str:
        return "word_gather_g1"

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        height, width, _ = window.geometry(layer).output
        if (height * width if window.geometry(layer).flat else width) < 8:
            return "fewer than eight output columns or tokens"
        return super().refusal(layer, machine)


class WordGatherG4(WordGather):
    name = "word_gather_g4"
    group = 4
    residual_cycles: ClassVar[Mapping[str, float]] = {"rv32": 13.8, "xcv": 7.2}
    table_cycles: ClassVar[Mapping[str, float]] = {"rv32": 3.0, "xcv": 1.3}


def _tap_words(geometry: window.Geometry) -> int:
    """Words of one tap of a quad: one for each channel, filled up to whole words of input."""
    return align(geometry.input[2], 4)


KERNELS = (WordGatherG1(), WordGatherG1x8(), WordGatherG4())

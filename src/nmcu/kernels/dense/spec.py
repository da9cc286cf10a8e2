"""Dense convolution and fully-connected kernels: one driver (conv.c), block functions of 4, 2 or 1 pixels."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize, weighted, window
from nmcu.kernels.common.layouts import CHANNELS4
from nmcu.kernels.kernel import KERNELS_DIR, Addresses, Candidate, Machine
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
MAX_SEGMENTS = 64


class Dense(window.WindowKernel[window.Affine]):
    """Four output channels by `pixels` pixels; a step is one word of the reduction axis of all of them."""

    operators = (ops.Conv2d, ops.Linear)
    headers: ClassVar[tuple[str, ...]] = ("conv.h", "dense.h")
    function: ClassVar[str] = "nmcu_conv_run"
    pixels: ClassVar[int]
    forms: ClassVar[frozenset[str]] = frozenset({"narrow", "wide"})

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.Conv2d) and layer.op.groups != 1:
            return "grouped convolution"
        if _segments(window.geometry(layer))[0] > MAX_SEGMENTS:
            return f"a window of more than {MAX_SEGMENTS} runs of contiguous input"
        if requantize.form(layer) not in self.forms:
            return f"requantisation in the {requantize.form(layer)} form"
        return None

    def candidates(self, layer: Layer[window.Affine], machine: Machine) -> Sequence[Candidate]:
        geometry = window.geometry(layer)
        channel_bytes = _group_bytes(geometry) // 4
        found = []
        for tiling in window.tilings(geometry, machine, 4, channel_bytes):
            cycles, compute, dma = window.pipeline_cycles(
                geometry,
                machine,
                tiling,
                channel_bytes,
                lambda rows, channels: self.tile_cycles(layer, geometry, machine, rows, channels),
            )
            buffers = window.buffers(geometry, machine, tiling, channel_bytes)
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
        segments, words = _segments(geometry)
        width = geometry.output[1]
        blocks = -(-rows * width // self.pixels) if geometry.flat else rows * -(-width // self.pixels)
        groups = -(-channels // 4)
        cost = machine.costs(self.name)
        step = cost["step"] + (cost["misaligned"] if geometry.input[2] % 4 else 0)
        item = cost["item"] + (cost["wide"] if requantize.form(layer) == "wide" else 0)
        share = -(-blocks * groups // machine.cores)
        each = segments * (words * step + cost["segment"]) + item
        return share * each + -(-share // groups) * cost["run"] + cost["tile"]

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: for every four channels an nmcu_channels4_t and their weights, a word of each in turn."""
        geometry = window.geometry(layer)
        segments, words = _segments(geometry)
        weight = layer.constants["weight"]
        cout = weight.shape[0]
        groups = -(-cout // 4)
        rows = np.zeros((4 * groups, segments, 4 * words), np.int8)
        flat = weight.reshape(cout, segments, -1)
        rows[:cout, :, : flat.shape[2]] = flat
        per_group = rows.reshape(groups, 4, segments * words, 4).transpose(0, 2, 1, 3).reshape(groups, -1)
        channels = np.zeros((4, 4 * groups), np.int32)
        channels[3] = 1
        channels[:, :cout] = requantize.channel_constants(layer)
        names = ("bias", "multiplier", "round", "shift")
        heads = CHANNELS4.pack(dict(zip(names, channels.reshape(4, groups, 4), strict=True)))
        packed = np.concatenate([heads.view(np.int8), per_group], axis=1)
        return {"weights": Packed(packed.tobytes(), requant_bytes=heads.nbytes)}

    def descriptor(self, layer: Layer[window.Affine], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = window.geometry(layer)
        tiling = window.Tiling.from_parameters(parameters)
        segments, words = _segments(geometry)
        return Struct(
            "nmcu_conv_t",
            {
                "weighted": weighted.descriptor(geometry, tiling, at, _group_bytes(geometry), 4),
                "block": Expr(f"nmcu_{self.name}"),
                "requant": requantize.descriptor(layer),
                "segments": segments,
                "segment_words": words,
                "pixels": self.pixels,
                "flat": int(geometry.flat),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, KERNELS_DIR / "conv" / "conv.c", body(FOLDER, self.name))


class Dense4x4(Dense):
    name = "dense_4x4"
    pixels = 4


class Dense4x2(Dense):
    name = "dense_4x2"
    pixels = 2


class Dense4x1(Dense):
    name = "dense_4x1"
    pixels = 1


class DenseFull(Dense):
    """For requantisations that need all 64 bits of the product: portable code only."""

    name = "dense_full"
    pixels = 4
    forms: ClassVar[frozenset[str]] = frozenset({"narrow", "wide", "full"})

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, KERNELS_DIR / "conv" / "conv.c", FOLDER / "dense_full.c")


def _segments(geometry: window.Geometry) -> tuple[int, int]:
    """(runs of contiguous input bytes in a window, words in a run)."""
    height, width = geometry.kernel
    if geometry.dilations[1] == 1 or width == 1:
        return height, -(-width * geometry.input[2] // 4)
    return height * width, -(-geometry.input[2] // 4)


def _group_bytes(geometry: window.Geometry) -> int:
    segments, words = _segments(geometry)
    return CHANNELS4.size + 16 * segments * words


KERNELS = (Dense4x4(), Dense4x2(), Dense4x1(), DenseFull())

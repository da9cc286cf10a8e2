"""Convolution and fully-connected layers whose int32 accumulators are their output."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import weighted, window
from nmcu.kernels.common.layer import LAYER_BYTES
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
GROUP, BYTES = 4, 4
"""Channels of a record, and bytes of an output."""
STEP_CYCLES = {"rv32": 58.0, "xcv": 9.0}
"""A word of input for four channels."""
RUN_CYCLES, ITEM_CYCLES = 50, 140


class Sums(Kernel[window.Affine]):
    """One window and four channels at a time; to the tiles a channel is its four bytes."""

    name = "sums"
    operators = (ops.Conv2d, ops.Linear)
    sums = True
    headers = ("sums.h",)
    function = "nmcu_sums_run"

    def refusal(self, layer: Layer[window.Affine], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.Conv2d) and layer.op.groups != 1:
            return "grouped convolution"
        if BYTES * layer.outputs[0].shape[-1] > window.MOST:
            return f"accumulators of more than {window.MOST // BYTES:,} channels"
        return None

    def candidates(self, layer: Layer[window.Affine], machine: Machine) -> Sequence[Candidate]:
        geometry = _geometry(layer)
        runs, words = _runs(geometry)
        record = _record_bytes(geometry)
        each = runs * (words * machine.isa.best(STEP_CYCLES) + RUN_CYCLES) + ITEM_CYCLES

        def compute(rows: int, channels: int) -> float:
            items = rows * geometry.output[1] * -(-channels // (GROUP * BYTES))
            return -(-items // machine.cores) * each + 250

        own = machine.staged_bytes(LAYER_BYTES)
        channel_bytes = record // (GROUP * BYTES)
        found = []
        for tiling in window.tilings(geometry, machine, GROUP * BYTES, channel_bytes, own):
            cycles, work, dma = window.pipeline_cycles(geometry, machine, tiling, channel_bytes, compute)
            l1 = {"layer": own} | window.buffers(geometry, machine, tiling, channel_bytes)
            found.append(Candidate(self.name, tiling.parameters(), l1, cycles, work, dma))
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: for every four channels their biases and their weights, a word of each in turn."""
        runs, words = _runs(_geometry(layer))
        weight, bias = layer.constants["weight"], layer.constants["bias"]
        groups = -(-len(weight) // GROUP)
        rows = np.zeros((GROUP * groups, runs, 4 * words), np.int8)
        flat = weight.reshape(len(weight), runs, -1)
        rows[: len(weight), :, : flat.shape[2]] = flat
        body_ = rows.reshape(groups, GROUP, runs * words, 4).transpose(0, 2, 1, 3).reshape(groups, -1)
        heads = np.zeros(GROUP * groups, np.int32)
        heads[: len(weight)] = bias
        packed = np.concatenate([heads.reshape(groups, GROUP).view(np.int8), body_], axis=1)
        return {"weights": Packed(packed.tobytes(), requant_bytes=heads.nbytes)}

    def descriptor(self, layer: Layer[window.Affine], parameters: Mapping[str, int], at: Addresses) -> Struct:
        geometry = _geometry(layer)
        runs, words = _runs(geometry)
        tiling = window.Tiling.from_parameters(parameters)
        at = dataclasses.replace(at, output_channels=geometry.pitch)
        return Struct(
            "nmcu_sums_t",
            {
                "weighted": weighted.descriptor(geometry, tiling, at, _record_bytes(geometry), GROUP * BYTES),
                "runs": runs,
                "run_words": words,
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (*weighted.SOURCES, FOLDER / "sums.c", body(FOLDER, "sums_dot"))


def _geometry(layer: Layer[window.Affine]) -> window.Geometry:
    """The layer's geometry, its output's channels in bytes."""
    found = window.geometry(layer)
    height, width, channels = found.output
    return dataclasses.replace(found, output=(height, width, BYTES * channels), pitch=BYTES * found.pitch)


def _runs(geometry: window.Geometry) -> tuple[int, int]:
    """(runs of contiguous input bytes in a window, words in a run)."""
    height, width = geometry.kernel
    if geometry.dilations[1] == 1 or width == 1:
        return height, -(-width * geometry.input[2] // 4)
    return height * width, -(-geometry.input[2] // 4)


def _record_bytes(geometry: window.Geometry) -> int:
    runs, words = _runs(geometry)
    return GROUP * BYTES + GROUP * 4 * runs * words


KERNELS = (Sums(),)

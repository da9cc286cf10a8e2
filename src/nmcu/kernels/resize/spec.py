"""Nearest-neighbour and bilinear resize to any size: portable code, an output row at a time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine, align
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
Resizes = ops.ResizeNearest | ops.ResizeBilinear
PLACE_BYTES = 12
ROW_CYCLES = 150
PIXEL_CYCLES = {True: 20, False: 40}
VALUE_CYCLES = {True: 19.0, False: 0.6}
"""Of one result: bilinear, nearest."""


class Resize(Kernel[Resizes]):
    """Each core takes rows in turn and brings the one or two input rows they need."""

    name = "resize"
    operators = (ops.ResizeNearest, ops.ResizeBilinear)
    headers = ("resize.h",)
    function = "nmcu_resize_run"

    def refusal(self, layer: Layer[Resizes], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[Resizes], machine: Machine) -> Sequence[Candidate]:
        (_, _, in_width, channels), (_, height, width, _) = layer.inputs[0].shape, layer.outputs[0].shape
        bilinear = isinstance(layer.op, ops.ResizeBilinear)
        l1 = {"staging": machine.cores * _staging_bytes(layer), "columns": PLACE_BYTES * width}
        if sum(align(size) for size in l1.values()) > machine.l1_bytes:
            return []
        row = ROW_CYCLES + width * (PIXEL_CYCLES[bilinear] + VALUE_CYCLES[bilinear] * channels)
        compute = int(-(-height // machine.cores) * row)
        transfers = height * (
            (1 + bilinear) * machine.dma_cycles(in_width * channels) + machine.dma_cycles(width * channels)
        )
        return [Candidate(self.name, {}, l1, max(compute, transfers) + 600, compute, transfers)]

    def pack(self, layer: Layer[Resizes]) -> Mapping[str, Packed]:
        """`rows`, `columns`: an nmcu_resize_place_t for every output row and column."""
        c = layer.constants
        if isinstance(layer.op, ops.ResizeBilinear):
            return {
                "rows": _places(c["top"], c["bottom"], c["row_weight"]),
                "columns": _places(c["left"], c["right"], c["column_weight"]),
            }
        none = {key: np.zeros_like(c[key]) for key in ("rows", "columns")}
        return {key: _places(c[key], c[key], none[key]) for key in ("rows", "columns")}

    def descriptor(self, layer: Layer[Resizes], parameters: Mapping[str, int], at: Addresses) -> Struct:
        (_, _, in_width, channels), (_, height, width, _) = layer.inputs[0].shape, layer.outputs[0].shape
        return Struct(
            "nmcu_resize_t",
            {
                "input": Expr(at.inputs[0]),
                "output": Expr(at.outputs[0]),
                "in_width": in_width,
                "channels": channels,
                "out_height": height,
                "out_width": width,
                "rows": Expr(f"(const nmcu_resize_place_t *)(const void *){at.constants['rows']}"),
                "columns": Expr(f"(const nmcu_resize_place_t *)(const void *){at.constants['columns']}"),
                "columns_copy": Expr(at.l1["columns"]),
                "staging": Expr(at.l1["staging"]),
                "staging_bytes": _staging_bytes(layer),
                "bilinear": int(isinstance(layer.op, ops.ResizeBilinear)),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        return (FOLDER / "resize.c",)


def _staging_bytes(layer: Layer[Resizes]) -> int:
    """Two input rows and an output row, for one core."""
    _, _, in_width, channels = layer.inputs[0].shape
    return align((2 * in_width + layer.outputs[0].shape[2]) * channels, 4)


def _places(first: NDArray[np.int32], second: NDArray[np.int32], weight: NDArray[np.int32]) -> Packed:
    return Packed(np.stack([first, second, weight], axis=1).astype(np.int32).tobytes())


KERNELS = (Resize(),)

"""Operators that only move data, as boxes that DMA copies: reshape, pad, slice, concat, transpose, dilate, resize."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine

FILES = (Path(__file__).parent / "boxes.c",)
AXES = 4
STAGING_BYTES = 4096
PAGE_CYCLES = 160
LAYER_CYCLES = 600
Moves = ops.Reshape | ops.Pad | ops.Slice | ops.Concat | ops.Transpose | ops.Dilate | ops.ResizeNearest

Axis = tuple[int, int, int]
"""(elements, bytes from one to the next in the source, in the destination)"""


@dataclass(frozen=True)
class Box:
    """Bytes of input `source` from `offset` on that go to the output from `to_offset` on."""

    source: int
    offset: int
    to_offset: int
    pages: tuple[Axis, ...]
    rows: Axis
    run: int


class Boxes(Kernel[Moves]):
    """One engine moves everything; the cores start its transfers in turn."""

    name = "boxes"
    operators = (ops.Reshape, ops.Pad, ops.Slice, ops.Concat, ops.Transpose, ops.Dilate, ops.ResizeNearest)
    headers = ("boxes.h",)
    function = "nmcu_boxes_run"

    def refusal(self, layer: Layer[Moves], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.ResizeNearest) and _repeats(layer) is None:
            return "a resize by a factor that is not whole"
        if any(len(part.pages) > AXES for part in _boxes(layer)):
            return f"data that lie in more than {AXES + 2} separate axes"
        return None

    def candidates(self, layer: Layer[Moves], machine: Machine) -> Sequence[Candidate]:
        cycles = machine.dma_cycles(layer.outputs[0].bytes) if _fill(layer) is not None else 0
        pages = 0
        for part in _boxes(layer):
            count = math.prod(n for n, _, _ in part.pages)
            chunks = -(-part.rows[0] * part.run // STAGING_BYTES)
            pages += count * chunks
            cycles += 2 * count * machine.dma_cycles(part.run, part.rows[0])
        cycles = max(cycles, pages * PAGE_CYCLES // machine.cores)
        l1 = {"staging": machine.cores * STAGING_BYTES}
        return [Candidate(self.name, {}, l1, LAYER_CYCLES + cycles, 0, cycles)]

    def descriptor(self, layer: Layer[Moves], parameters: Mapping[str, int], at: Addresses) -> Struct:
        value = _fill(layer)
        if value is None:
            return descriptor(_boxes(layer), at)
        fill: dict[str, Value] = {
            "fill": Expr(at.outputs[0]),
            "fill_bytes": layer.outputs[0].bytes,
            "value": value,
        }
        return descriptor(_boxes(layer), at, fill)

    def files(self) -> tuple[Path | Body, ...]:
        return FILES


def descriptor(
    boxes: Sequence[Box], at: Addresses, fill: Mapping[str, Value] = MappingProxyType({})
) -> Struct:
    """The `nmcu_boxes_t` that copies `boxes`."""
    structs = [_struct(part, at) for part in boxes]
    return Struct(
        "nmcu_boxes_t",
        {
            "boxes": Expr("(const nmcu_box_t[]){" + ", ".join(_literal(part) for part in structs) + "}"),
            "count": len(structs),
            "staging": Expr(at.l1["staging"]),
            "staging_bytes": STAGING_BYTES,
            **fill,
        },
    )


def _fill(layer: Layer[Moves]) -> int | None:
    """The value of output bytes that no box writes."""
    return layer.op.value if isinstance(layer.op, ops.Pad | ops.Dilate) else None


def _boxes(layer: Layer[Moves]) -> list[Box]:
    op, x, y = layer.op, layer.inputs[0].shape, layer.outputs[0].shape
    source, result = _strides(x), _strides(y)
    if isinstance(op, ops.Reshape):
        return [box([(math.prod(x), 1, 1)])]
    if isinstance(op, ops.Pad):
        return [box(list(zip(x, source, result, strict=True)), to_offset=_dot(op.before, result))]
    if isinstance(op, ops.Slice):
        steps = [s * step for s, step in zip(source, op.steps, strict=True)]
        return [box(list(zip(y, steps, result, strict=True)), offset=_dot(op.starts, source))]
    if isinstance(op, ops.Transpose):
        return [box([(x[p], source[p], result[axis]) for axis, p in enumerate(op.perm)])]
    if isinstance(op, ops.Dilate):
        spread = [result[0], result[1] * op.steps[0], result[2] * op.steps[1], result[3]]
        return [box(list(zip(x, source, spread, strict=True)))]
    if isinstance(op, ops.Concat):
        boxes, position = [], 0
        for index, part in enumerate(layer.inputs):
            axes = list(zip(part.shape, _strides(part.shape), result, strict=True))
            boxes.append(box(axes, source=index, to_offset=position * result[op.axis]))
            position += part.shape[op.axis]
        return boxes
    repeats = _repeats(layer)
    assert repeats is not None
    height, width = repeats
    return [
        box(
            [
                (x[1], source[1], height * result[1]),
                (height, 0, result[1]),
                (x[2], source[2], width * result[2]),
                (width, 0, result[2]),
                (x[3], 1, 1),
            ]
        )
    ]


def _repeats(layer: Layer[Moves]) -> tuple[int, int] | None:
    """How often a nearest-neighbour resize repeats every row and every column, if equally often."""
    result = []
    for key, size in (("rows", layer.inputs[0].shape[1]), ("columns", layer.inputs[0].shape[2])):
        index = layer.constants[key]
        times = len(index) // size
        if times == 0 or not np.array_equal(index, np.repeat(np.arange(size), times)):
            return None
        result.append(times)
    return result[0], result[1]


def box(axes: Sequence[Axis], source: int = 0, offset: int = 0, to_offset: int = 0) -> Box:
    """The box over `axes`, outermost first, with as few pages as can be."""
    merged: list[Axis] = []
    for size, step, to_step in axes:
        if size == 1:
            continue
        if merged and merged[-1][1:] == (size * step, size * to_step):
            merged[-1] = (merged[-1][0] * size, step, to_step)
        else:
            merged.append((size, step, to_step))
    run = merged.pop()[0] if merged and merged[-1][1:] == (1, 1) else 1
    rows = max(merged, default=(1, run, run))
    if rows in merged:
        merged.remove(rows)
    return Box(source, offset, to_offset, tuple(merged), rows, run)


def _struct(part: Box, at: Addresses) -> Struct:
    pages = [(1, 0, 0)] * (AXES - len(part.pages)) + list(part.pages)
    size, step, to_step = (tuple(axis[i] for axis in pages) for i in range(3))
    return Struct(
        "nmcu_box_t",
        {
            "from": Expr(f"{at.inputs[part.source]} + {part.offset}"),
            "to": Expr(f"{at.outputs[0]} + {part.to_offset}"),
            "size": size,
            "from_stride": step,
            "to_stride": to_step,
            "rows": part.rows[0],
            "run": part.run,
            "from_row": part.rows[1],
            "to_row": part.rows[2],
        },
    )


def _literal(struct: Struct) -> str:
    """An initialiser on one line, for an array inside an expression."""

    def text(value: Value) -> str:
        if isinstance(value, tuple):
            return "{" + ", ".join(text(v) for v in value) + "}"
        return value.text if isinstance(value, Expr) else str(value)

    return "{" + ", ".join(f".{name} = {text(value)}" for name, value in struct.members.items()) + "}"


def _strides(shape: Sequence[int]) -> list[int]:
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _dot(a: Sequence[int], b: Sequence[int]) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))


KERNELS = (Boxes(),)

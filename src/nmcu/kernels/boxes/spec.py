"""Operators that only move data, as boxes that DMA copies: reshape, pad, slice, gather, concat, transpose, dilate,
resize."""

import math
import typing
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
"""Of each core, where the compute memory has as many."""
PAGE_CYCLES = 160
LAYER_CYCLES = 600
MAX_BOXES = 512
"""Of one layer: 64 bytes of the program each."""
Moves = (
    ops.Reshape
    | ops.Pad
    | ops.Slice
    | ops.Gather
    | ops.Concat
    | ops.Transpose
    | ops.Dilate
    | ops.ResizeNearest
)

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
    operators = typing.get_args(Moves)
    headers = ("boxes.h",)
    function = "nmcu_boxes_run"

    def refusal(self, layer: Layer[Moves], machine: Machine) -> str | None:
        if isinstance(layer.op, ops.ResizeNearest) and _repeats(layer) is None:
            return "a resize by a factor that is not whole"
        boxes = _boxes(layer)
        if any(len(part.pages) > AXES for part in boxes):
            return f"data that lie in more than {AXES + 2} separate axes"
        if len(boxes) > MAX_BOXES:
            return f"data in {len(boxes)} pieces without a common distance; at most {MAX_BOXES} are supported"
        return None

    def candidates(self, layer: Layer[Moves], machine: Machine) -> Sequence[Candidate]:
        cycles = machine.dma_cycles(layer.outputs[0].bytes) if _fill(layer) is not None else 0
        pages, staging = 0, staging_bytes(machine)
        if not staging:
            return []
        for part in _boxes(layer):
            count = math.prod(n for n, _, _ in part.pages)
            chunks = -(-part.rows[0] * part.run // staging)
            pages += count * chunks
            cycles += 2 * count * machine.dma_cycles(part.run, part.rows[0])
        cycles = max(cycles, pages * PAGE_CYCLES // machine.cores)
        l1 = {"staging": machine.cores * staging}
        return [Candidate(self.name, {"staging": staging}, l1, LAYER_CYCLES + cycles, 0, cycles)]

    def descriptor(self, layer: Layer[Moves], parameters: Mapping[str, int], at: Addresses) -> Struct:
        value = _fill(layer)
        if value is None:
            return descriptor(_boxes(layer), parameters, at)
        return descriptor(
            _boxes(layer), parameters, at, {"fill_bytes": layer.outputs[0].bytes, "value": value}
        )

    def files(self) -> tuple[Path | Body, ...]:
        return FILES


def staging_bytes(machine: Machine) -> int:
    """Through how many bytes each core copies; 0 where there is no room."""
    if machine.tiling is not None:
        return machine.tiling["staging"]
    return min(STAGING_BYTES, machine.l1_bytes // machine.cores // 16 * 16)


def descriptor(
    boxes: Sequence[Box],
    parameters: Mapping[str, int],
    at: Addresses,
    fill: Mapping[str, Value] = MappingProxyType({}),
) -> Struct:
    """The `nmcu_boxes_t` that copies `boxes`."""
    structs = [_struct(part) for part in boxes]
    return Struct(
        "nmcu_boxes_t",
        {
            "inputs": Expr("(const int8_t *const[]){" + ", ".join(at.inputs) + "}"),
            "output": Expr(at.outputs[0]),
            "boxes": Expr("(const nmcu_box_t[]){" + ", ".join(_literal(part) for part in structs) + "}"),
            "count": len(structs),
            "staging": Expr(at.l1["staging"]),
            "staging_bytes": parameters["staging"],
            **fill,
        },
    )


def _fill(layer: Layer[Moves]) -> int | None:
    """The value of output bytes that no box writes."""
    return layer.op.value if isinstance(layer.op, ops.Pad | ops.Dilate) else None


def _boxes(layer: Layer[Moves]) -> list[Box]:
    each = np.dtype(layer.outputs[0].dtype).itemsize
    inner = (each,) if each > 1 else ()  # the bytes of an element are one more axis
    op, x, y = layer.op, (*layer.inputs[0].shape, *inner), (*layer.outputs[0].shape, *inner)
    source, result = _strides(x), _strides(y)
    if isinstance(op, ops.Reshape):
        return [box([(layer.outputs[0].bytes, 1, 1)])]
    if isinstance(op, ops.Pad):
        before = (*op.before, *(0 for _ in inner))
        return [box(list(zip(x, source, result, strict=True)), to_offset=_dot(before, result))]
    if isinstance(op, ops.Slice):
        every, starts = (*op.steps, *(1 for _ in inner)), (*op.starts, *(0 for _ in inner))
        steps = [s * step for s, step in zip(source, every, strict=True)]
        return [box(list(zip(y, steps, result, strict=True)), offset=_dot(starts, source))]
    if isinstance(op, ops.Gather):
        return _gathered(layer, op.axis)
    if isinstance(op, ops.Transpose):
        perm = (*op.perm, *(len(op.perm) for _ in inner))
        return [box([(x[p], source[p], result[axis]) for axis, p in enumerate(perm)])]
    if isinstance(op, ops.Dilate):
        spread = [result[0], result[1] * op.steps[0], result[2] * op.steps[1], result[3]]
        return [box(list(zip(x, source, spread, strict=True)))]
    if isinstance(op, ops.Concat):
        boxes, position = [], 0
        for index, part in enumerate(layer.inputs):
            shape = (*part.shape, *inner)
            axes = list(zip(shape, _strides(shape), result, strict=True))
            if index not in layer.placed:
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


def _gathered(layer: Layer[Moves], axis: int) -> list[Box]:
    """A box for each run of indices with a common distance."""
    x, y = layer.inputs[0].shape, layer.outputs[0].shape
    source, result, boxes, position = _strides(x), _strides(y), [], 0
    for first, step, count in runs(layer.constants["indices"].tolist()):
        axes = [
            (count if a == axis else size, source[a] * (step if a == axis else 1), result[a])
            for a, size in enumerate(x)
        ]
        boxes.append(box(axes, offset=first * source[axis], to_offset=position * result[axis]))
        position += count
    return boxes


def runs(indices: Sequence[int]) -> list[tuple[int, int, int]]:
    """`indices` as (first, step, count) of evenly spaced runs."""
    found: list[tuple[int, int, int]] = []
    for index in indices:
        if found:
            first, step, count = found[-1]
            if count == 1 or index == first + step * count:
                found[-1] = (first, index - first if count == 1 else step, count + 1)
                continue
        found.append((index, 0, 1))
    return found


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


def _struct(part: Box) -> Struct:
    pages = [(1, 0, 0)] * (AXES - len(part.pages)) + list(part.pages)
    size, step, to_step = (tuple(axis[i] for axis in pages) for i in range(3))
    return Struct(
        "nmcu_box_t",
        {
            "input": part.source,
            "from": part.offset,
            "to": part.to_offset,
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

"""Python side of elementwise.h: chunks, broadcasting, and how long the pipeline takes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nmcu.graph import Layer
from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.common.layer import FETCH_CYCLES, LAYER_BYTES, copied_constants
from nmcu.kernels.kernel import (
    CONSTANTS,
    INPUTS,
    KERNELS_DIR,
    NOWHERE,
    OUTPUT,
    Addresses,
    Candidate,
    Machine,
    align,
)

AXES = 4
CHUNKS = (512, 1024, 2048, 4096, 8192, 16384)
CHUNK_OVERHEAD_CYCLES = 220
LAYER_OVERHEAD_CYCLES = 350
ROW_OVERHEAD_CYCLES = 70
BEHIND = 16
"""Bytes behind a map that is used in place which may be read or written."""
SOURCES = (KERNELS_DIR / "common" / "pipeline.c", KERNELS_DIR / "common" / "elementwise.c")
_NAMES = ("a", "b")


@dataclass(frozen=True)
class Broadcast:
    """The output's axes, merged where every operand walks them in one, and each operand's strides in bytes along
    them; None for an operand that is as large as the output."""

    size: tuple[int, ...]
    strides: tuple[tuple[int, ...] | None, ...]

    @property
    def rows(self) -> int:
        """Times the innermost axis is walked, 0 where no operand is broadcast."""
        return 0 if all(s is None for s in self.strides) else math.prod(self.size[:-1])


def broadcast(layer: Layer) -> Broadcast:
    """How the operands of an element-wise layer are walked; more than `AXES` merged axes stay as they are."""
    shape = layer.outputs[0].shape
    walked = [_strides(t.shape, shape) for t in layer.inputs]
    size: list[int] = []
    merged: list[list[int]] = [[] for _ in walked]
    for axis, extent in enumerate(shape):
        if extent == 1:
            continue
        steps = [w[axis] for w in walked]
        if size and all(m[-1] == s * extent for m, s in zip(merged, steps, strict=True)):
            size[-1] *= extent
            for m, s in zip(merged, steps, strict=True):
                m[-1] = s
        else:
            size.append(extent)
            for m, s in zip(merged, steps, strict=True):
                m.append(s)
    pad = AXES - len(size)
    total = math.prod(shape)
    return Broadcast(
        size=(*[1] * pad, *size),
        strides=tuple(
            None if t.size == total else (*[0] * pad, *m) for t, m in zip(layer.inputs, merged, strict=True)
        ),
    )


def refusal(layer: Layer) -> str | None:
    """Why the flat pipeline cannot walk the operands of `layer`."""
    if len(broadcast(layer).size) > AXES:
        return f"broadcasting over more than {AXES} axes"
    return None


def candidates(
    name: str, layer: Layer, machine: Machine, cycles_per_word: float, constant_bytes: int = 0
) -> list[Candidate]:
    """Chunk sizes worth considering, best first, for a hot loop of `cycles_per_word` cycles for four results."""
    total, walk = layer.outputs[0].size, broadcast(layer)
    operands = [*zip(INPUTS, layer.inputs, walk.strides, strict=False)]
    chunked = [name for name, _, strides in operands if strides is None] + [OUTPUT]
    found = []
    for limit in (align(total, 4),) if all(map(machine.lies_near, chunked)) else CHUNKS:
        chunks = -(-total // limit)
        chunk = min(_even(-(-total // chunks), machine.cores), align(total, 4))
        chunks = -(-total // chunk)
        l1 = _buffers(layer, walk, chunk, chunks, machine) | (
            {"constants": machine.staged_bytes(constant_bytes, CONSTANTS)} if constant_bytes else {}
        )
        rows = math.ceil(ROW_OVERHEAD_CYCLES * walk.rows / (chunks * machine.cores))
        work, last = (
            math.ceil(cycles_per_word * -(-size // (4 * machine.cores))) + rows
            for size in (chunk, total - (chunks - 1) * chunk)
        )
        transfers = sum(machine.staging_cycles(chunk, operand=name) for name in chunked)
        once = machine.staging_cycles(constant_bytes, operand=CONSTANTS) + sum(
            machine.staging_cycles(t.size, operand=name)
            for name, t, strides in operands
            if strides is not None
        )
        cycles = LAYER_OVERHEAD_CYCLES + once + transfers
        cycles -= FETCH_CYCLES * (machine.staged and machine.lies_near(CONSTANTS))
        cycles += chunks * CHUNK_OVERHEAD_CYCLES + last
        cycles += (chunks - 1) * int(machine.at_once(work, transfers))
        candidate = Candidate(
            name,
            {"chunk": chunk},
            l1,
            cycles,
            (chunks - 1) * work + last,
            chunks * transfers + once,
            (0, BEHIND),
        )
        if candidate.l1_bytes <= machine.l1_bytes:
            found.append(candidate)
        if chunk >= total:
            break
    return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))


def descriptor(
    layer: Layer,
    parameters: Mapping[str, int],
    at: Addresses,
    function: str,
    constant: tuple[str, int] | None = None,
) -> Struct:
    """The `nmcu_elementwise_t` of a layer; `constant` is the packed constant that is copied to L1, and its bytes."""
    total, walk = layer.outputs[0].size, broadcast(layer)
    chunk = parameters["chunk"]
    operands = [
        _operand(at, index, tensor.size, strides)
        for index, (tensor, strides) in enumerate(zip(layer.inputs, walk.strides, strict=True))
    ]
    members: dict[str, Value] = {
        "operand": tuple(operands),
        "operands": len(operands),
        "output": Expr(at.outputs[0]),
        "out_tile": (Expr(at.l1["out0"]), Expr(at.l1.get("out1", at.l1["out0"]))),
        "bytes": total,
        "chunk": chunk,
        "chunks": -(-total // chunk),
        "size": walk.size,
        "fn": Expr(function),
    }
    if constant is not None:
        members |= copied_constants(at, *constant)
    return Struct("nmcu_elementwise_t", members)


def _even(size: int, cores: int) -> int:
    """Bytes of a chunk of at least `size` of which all cores have the same share, of 4n + 2 words (elementwise.c)."""
    return align(max(size - 8 * cores, 0), 16 * cores) + 8 * cores


def _strides(shape: Sequence[int], out: Sequence[int]) -> list[int]:
    """Bytes from one element of `shape` to the next along each axis of `out`; 0 where it repeats."""
    padded = [1] * (len(out) - len(shape)) + list(shape)
    return [0 if extent == 1 else math.prod(padded[axis + 1 :]) for axis, extent in enumerate(padded)]


def _buffers(layer: Layer, walk: Broadcast, chunk: int, chunks: int, machine: Machine) -> dict[str, int]:
    if not machine.staged:
        return {"layer": 0, "out0": 0}
    sizes = {"layer": machine.staged_bytes(LAYER_BYTES)}
    slots = min(chunks, 2)
    for operand, name, tensor, strides in zip(INPUTS, _NAMES, layer.inputs, walk.strides, strict=False):
        if machine.lies_near(operand):
            continue
        if strides is None:
            sizes |= {f"{name}{slot}": chunk for slot in range(slots)}
        elif tensor.size <= machine.l1_bytes // 4:
            sizes[f"{name}0"] = align(tensor.size, 4)
    if machine.lies_near(OUTPUT):
        return sizes | {"out0": 0}
    return sizes | {f"out{slot}": chunk for slot in range(slots)}


def _operand(at: Addresses, index: int, size: int, strides: tuple[int, ...] | None) -> Struct:
    name = _NAMES[index]
    first = at.l1.get(f"{name}0", NOWHERE)
    members: dict[str, Value] = {
        "data": Expr(at.inputs[index]),
        "tile": (Expr(first), Expr(at.l1.get(f"{name}1", first))),
    }
    if strides is not None:
        members |= {"bytes": size, "stride": strides}
    return Struct("nmcu_operand_t", members)

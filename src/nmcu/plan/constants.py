"""Where packed constants lie: resident for the whole run, or in bulk memory from where they stream."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from nmcu.errors import PlanError
from nmcu.graph import Layer
from nmcu.kernels import Machine, Packed
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import ALIGNMENT
from nmcu.plan.packing import room
from nmcu.plan.parts import SPLIT_KINDS
from nmcu.plan.plan import Buffer, Chunk, Part, PlannedLayer
from nmcu.plan.stream import Request, schedule, waits
from nmcu.targets import Role

SMALLEST_STREAM_BYTES = 1024
"""Constants smaller than this stay resident: a transfer costs more than they do."""
STREAMED = "weights"


@dataclass(frozen=True)
class Placed:
    """Layers whose parts know where their constants lie; bytes of memory for those that stay and for the ring."""

    layers: tuple[PlannedLayer, ...]
    resident_bytes: int
    chunks: tuple[Chunk, ...]
    ring_bytes: int


def streamed(layer: Layer, packed: Mapping[str, Packed]) -> tuple[str, ...]:
    """The names of the constants of `layer` that stream where the network's constants do not fit L2."""
    if layer.kind not in SPLIT_KINDS or STREAMED not in packed:
        return ()
    streams = packed[STREAMED].size >= SMALLEST_STREAM_BYTES and packed[STREAMED].alignment <= ALIGNMENT
    return (STREAMED,) if streams else ()


def place_constants(layers: Sequence[PlannedLayer], machine: Machine, budget: int) -> Placed:
    """Places for the constants of all parts within `budget` bytes; raises `PlanError` with what would do."""
    steps = [part for layer in layers for part in layer.parts]
    resident = sum(room(part.packed[name]) for part in steps for name in part.constants)
    requests = [
        Request(part.constant_bytes - sum(b.bytes for b in part.constants.values()), step)
        for step, part in enumerate(steps)
        if part.streamed
    ]
    ring = _ring_bytes(requests, resident, machine, budget)
    chunks = schedule(requests, ring)
    engine = machine.target.memory.engine(Role.BULK, Role.WORKING)
    wait = waits(chunks, [part.cycles for part in steps], engine) if engine else [0] * len(steps)
    number = {chunk.needed: i for i, chunk in enumerate(chunks)}
    offset, step, placed = 0, 0, []
    for layer in layers:
        parts: list[Part] = []
        for part in layer.parts:
            constants = {}
            for name, buffer in part.constants.items():
                offset = align(offset, part.packed[name].alignment)
                constants[name] = Buffer(offset, buffer.bytes)
                offset = align(buffer.bytes + offset)
            parts.append(
                dataclasses.replace(
                    part,
                    constants=MappingProxyType(constants),
                    streamed=MappingProxyType(dict.fromkeys(part.streamed, number.get(step, 0))),
                    wait_cycles=wait[step],
                )
            )
            step += 1
        placed.append(dataclasses.replace(layer, parts=tuple(parts)))
    return Placed(tuple(placed), offset, chunks, ring)


def _ring_bytes(requests: Sequence[Request], resident: int, machine: Machine, budget: int) -> int:
    name = machine.target.name
    if resident > budget:
        raise PlanError(
            f"the network's constants that do not stream need {resident:,} bytes of memory, {name} has {budget:,} left "
            "beside code and activations: use a smaller network"
        )
    largest = max((align(r.bytes) for r in requests), default=0)
    if largest > budget - resident:
        raise PlanError(
            f"the network's weights stream in parts of up to {largest:,} bytes, but {name} has only "
            f"{budget - resident:,} bytes of memory left for them: {largest + resident - budget:,} bytes more would do"
        )
    return min(sum(align(r.bytes) for r in requests), (budget - resident) // 16 * 16)

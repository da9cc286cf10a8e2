"""Where packed constants lie: resident for the whole run, or in bulk memory from where they stream."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from nmcu.kernels import Machine, Packed
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import ALIGNMENT
from nmcu.plan.packing import room
from nmcu.plan.parts import SPLIT
from nmcu.plan.plan import Buffer, Chunk, Part, PlannedLayer, Slot
from nmcu.plan.refusal import NoRoom
from nmcu.plan.stream import Request, schedule, waits
from nmcu.targets import Role

SMALLEST_STREAM_BYTES = 1024
"""Constants smaller than this stay resident: a transfer costs more than they do."""
STREAMED = "weights"
T = TypeVar("T")


@dataclass(frozen=True)
class Placed:
    """Layers whose parts know where their constants lie; bytes of memory for those that stay and for the ring."""

    layers: tuple[PlannedLayer, ...]
    resident_bytes: int
    chunks: tuple[Chunk, ...]
    ring_bytes: int


def place_constants(
    layers: Sequence[PlannedLayer],
    order: Sequence[tuple[int, int]],
    machine: Machine,
    budget: int,
    *,
    streams: bool,
) -> Placed:
    """Places for the constants of all parts within `budget` bytes; raises `NoRoom` with what would do.

    `order` is what runs. Where constants stream, it is the weights of convolutions and fully-connected layers that do,
    and where that is not enough whatever is large.
    """
    parts = [layers[number].parts[index] for number, index in order]
    kinds: tuple[_Streams, ...] = (_weights, _large) if streams else (_nothing,)
    found = [_Streaming.of(parts, kind) for kind in kinds]
    chosen = next((s for s in found if s.least_bytes <= budget), found[-1])
    ring = _ring_bytes(chosen, machine, budget)
    chunks = schedule(chosen.requests, ring)
    engine = machine.target.memory.engine(Role.BULK, Role.WORKING)
    wait = waits(chunks, [part.cycles for part in parts], engine) if engine else [0] * len(parts)
    resident, offset = {}, 0
    for packed in chosen.resident:
        offset = align(offset, packed.alignment)
        resident[packed] = Buffer(offset, packed.size)
        offset = align(offset + packed.size)

    def placed(part: Part, waited: int) -> Part:
        return dataclasses.replace(
            part,
            constants=_of(part, resident),
            streamed=_of(part, chosen.slots),
            wait_cycles=waited,
        )

    made = {at: placed(part, waited) for at, part, waited in zip(order, parts, wait, strict=True)}
    return Placed(
        layers=tuple(
            dataclasses.replace(x, parts=tuple(made[number, index] for index in range(len(x.parts))))
            for number, x in enumerate(layers)
        ),
        resident_bytes=offset,
        chunks=chunks,
        ring_bytes=ring,
    )


def _of(part: Part, places: Mapping[Packed, T]) -> Mapping[str, T]:
    return MappingProxyType({n: places[p] for n, p in part.packed.items() if p in places})


_Streams = Callable[[Part, str], bool]


def _nothing(part: Part, name: str) -> bool:
    return False


def _large(part: Part, name: str) -> bool:
    packed = part.packed[name]
    return packed.size >= SMALLEST_STREAM_BYTES and packed.alignment <= ALIGNMENT


def _weights(part: Part, name: str) -> bool:
    return name == STREAMED and isinstance(part.layer.op, SPLIT) and _large(part, name)


@dataclass(frozen=True)
class _Streaming:
    """Constants that stay, and those that stream: the transfers, and the place of each in its transfer.

    What parts have in common is one constant. It comes before the first of them and stays until the last one is done;
    constants that are needed at the same time come together.
    """

    resident: tuple[Packed, ...]
    requests: tuple[Request, ...]
    slots: Mapping[Packed, Slot]

    @staticmethod
    def of(parts: Sequence[Part], streams: _Streams) -> "_Streaming":
        used: dict[Packed, tuple[int, int]] = {}
        resident: dict[Packed, None] = {}
        for step, part in enumerate(parts):
            for name, packed in part.packed.items():
                if streams(part, name):
                    used[packed] = used.get(packed, (step, step))[0], step
                else:
                    resident[packed] = None
        requests: list[Request] = []
        slots: dict[Packed, Slot] = {}
        for packed, (first, last) in used.items():
            if requests and first <= requests[-1].last:
                before = requests[-1]
                offset = align(before.bytes)
                requests[-1] = Request(offset + packed.size, before.needed, max(before.last, last))
            else:
                offset = 0
                requests.append(Request(packed.size, first, last))
            slots[packed] = Slot(len(requests) - 1, offset)
        return _Streaming(tuple(resident), tuple(requests), slots)

    @property
    def resident_bytes(self) -> int:
        return sum(room(packed) for packed in self.resident)

    @property
    def largest_bytes(self) -> int:
        """Bytes of the largest transfer."""
        return max((align(r.bytes) for r in self.requests), default=0)

    @property
    def least_bytes(self) -> int:
        """Memory without which it does not work."""
        return self.resident_bytes + self.largest_bytes


def _ring_bytes(streaming: _Streaming, machine: Machine, budget: int) -> int:
    name, resident, largest = machine.target.name, streaming.resident_bytes, streaming.largest_bytes
    if resident > budget:
        raise NoRoom(
            f"the network's constants that do not stream need {resident:,} bytes of memory, {name} has {budget:,} left "
            "beside code and activations",
            Role.WORKING,
            streaming.least_bytes - budget,
            streaming.least_bytes,
        )
    if largest > budget - resident:
        raise NoRoom(
            f"the network's weights stream in parts of up to {largest:,} bytes, but {name} has only "
            f"{budget - resident:,} bytes of memory left for them",
            Role.WORKING,
            streaming.least_bytes - budget,
            streaming.least_bytes,
        )
    return min(sum(align(r.bytes) for r in streaming.requests), (budget - resident) // 16 * 16)

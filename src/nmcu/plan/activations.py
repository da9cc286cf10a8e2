"""Where activations lie: in working memory while they are alive, in bulk memory while they wait for room."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from nmcu.errors import PlanError
from nmcu.graph import Layer, TensorInfo
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import ALIGNMENT
from nmcu.plan.depth_first import DepthFirst
from nmcu.plan.lifetime import Lifetime, lifetimes, place
from nmcu.plan.plan import Buffer, Spill
from nmcu.plan.refusal import NoRoom
from nmcu.plan.shared import Shared
from nmcu.plan.spill import place_within, places_away, spills
from nmcu.plan.stripes import Chain
from nmcu.targets import Role, Target

CONSTANTS_RESERVE_BYTES = 192 * 1024
"""Working memory that activations leave to constants that stream, if need be by waiting in bulk memory."""
RESERVED = (1 / 8, 1 / 4, 3 / 8, 1 / 2, 5 / 8, 3 / 4)
"""Shares of a small memory that activations are made to leave."""
VARIABLES_BYTES = 1024
"""Working memory left for a program's own variables where its code lies elsewhere, in flash."""


@dataclass(frozen=True)
class Activations:
    """Places in the arena by tensor, tensors that share another one's memory, what waits in bulk memory, layers that
    run by rows so that all this fits, and places in bulk memory of tensors that they bring and take rows of.

    `budget` bytes are left for constants, `buffer_bytes` of compute memory for kernels' buffers; where these are
    `shared` they are the same bytes.
    """

    tensors: Mapping[str, Buffer]
    shared_memory: Shared
    spills: tuple[Spill, ...]
    chains: tuple[Chain, ...]
    away: Mapping[str, Buffer]
    budget: int
    buffer_bytes: int
    shared: bool


def search_chains(
    layers: Sequence[Layer],
    outputs: Sequence[TensorInfo],
    roots: Mapping[str, str],
    target: Target,
    cycles: Callable[[Layer], int],
) -> DepthFirst:
    """The search for layers that run by rows, which `place_activations` needs. `roots` own the memory of other tensors,
    `cycles` predicts a layer's time."""
    memory = target.memory
    engine = memory.engine(Role.BULK, Role.WORKING) if memory.find(Role.BULK) else None
    return DepthFirst(layers, outputs, roots, cycles, engine)


def place_activations(
    search: DepthFirst,
    inputs: Sequence[TensorInfo],
    outputs: Sequence[TensorInfo],
    states: Sequence[TensorInfo],
    shared_memory: Shared,
    target: Target,
    reserved_bytes: int,
    *,
    needed: bool = False,
) -> Activations:
    """Places for all activations of a network, which leave `reserved_bytes` of working memory; raises `PlanError` where
    they do not fit: `NoRoom` where nothing less was `needed`.

    Inputs, outputs and states have memory of their own, which counts.
    """
    memory, room = target.memory, _room(target)
    layers = search.layers
    ports = sum(align(t.bytes) for t in (*inputs, *outputs)) + sum(
        align(shared_memory.joined.get(t.name, (0, t.bytes))[1]) for t in states
    )
    found = _within(search, room - ports - reserved_bytes)
    if found is None and reserved_bytes > ALIGNMENT and not needed:
        raise PlanError(f"activations leave less than {reserved_bytes:,} bytes of working memory")
    if found is None:
        raise _refusal(search, target, room, ports, reserved_bytes)
    arena = max((buffer.end for buffer in found.tensors.values()), default=0)
    left = room - align(arena) - ports
    in_working = memory.constants is memory.level(Role.WORKING)
    shared = in_working and not memory.staged
    halved = shared and memory.find(Role.BULK) is not None  # the ring of what streams has a fixed size
    budget = left // 2 if halved else left
    spilled = spills(found.blocks)
    return Activations(
        tensors=MappingProxyType(found.tensors),
        shared_memory=shared_memory,
        spills=spilled,
        chains=found.chains,
        away=MappingProxyType(places_away(layers, found.chains, spilled)),
        budget=budget if in_working else _flash_room(target),
        buffer_bytes=target.compute_bytes if memory.staged else budget,
        shared=shared and not halved,
    )


def reserves_bytes(target: Target, constant_bytes: int) -> tuple[int, ...]:
    """Working memory that activations leave to buffers and about `constant_bytes` of constants, what is tried first
    before the rest.

    Constants that stream need some of it to be fast. Elsewhere whole maps are fastest, and come by rows where the rest
    of the network has no room beside them.
    """
    memory, size = target.memory, target.working_bytes
    shares = [align(int(size * share)) for share in RESERVED]
    if memory.find(Role.BULK) and memory.constants is memory.level(Role.WORKING):
        most = min(CONSTANTS_RESERVE_BYTES, align(constant_bytes + constant_bytes // 4) + 4096)
        return (most, *(share for share in reversed(shares) if share < most), ALIGNMENT)
    return (ALIGNMENT,) if memory.staged else (ALIGNMENT, *shares)


TIGHTER = (1, 0.97, 0.93, 0.87, 0.8)
"""Shares of the memory that chains are looked for in: lifetimes that fit may not find places without gaps."""


@dataclass(frozen=True)
class _Placed:
    tensors: dict[str, Buffer]
    blocks: tuple[Lifetime, ...]
    chains: tuple[Chain, ...]


def _within(search: DepthFirst, most_bytes: int) -> _Placed | None:
    """Places of which none ends after `most_bytes`: of whole tensors, or else with chains and waiting in bulk memory
    as the search finds it best."""
    layers, outputs, aliases = search.layers, search.outputs, search.aliases
    blocks = lifetimes(layers, outputs, aliases)
    tensors = place(blocks)
    if _end(tensors) <= most_bytes:
        return _Placed(tensors, blocks, ())
    if most_bytes <= 0:
        return None
    for share in TIGHTER:
        chains = search.chains(int(most_bytes * share))
        if chains is None:
            return None
        blocks = lifetimes(layers, outputs, aliases, chains)
        if search.engine is None:
            tensors = place(blocks)
        else:
            tensors, blocks = place_within(blocks, layers, aliases, most_bytes, chains)
        if _end(tensors) <= most_bytes:
            return _Placed(tensors, blocks, chains)
    return None


def _end(tensors: Mapping[str, Buffer]) -> int:
    return max((buffer.end for buffer in tensors.values()), default=0)


def _refusal(search: DepthFirst, target: Target, room: int, ports: int, reserved: int) -> NoRoom:
    has = f"{room:,} beside the program" if room > 0 else "none beside program_bytes of its target.toml"
    needs = f"the network's inputs, outputs and states need {ports:,} bytes of working memory"
    taken = f"{ports:,} of the network's inputs, outputs and states"
    if reserved > ALIGNMENT:
        taken += f" and {reserved:,} for buffers and constants"
    needed = 0
    if search.layers and ports < room:
        layer, needed = search.least(room - ports - reserved)
        needs = (
            f"node {layer.name!r} ({layer.kind}) and its neighbours need {needed:,} bytes of working memory even by "
            f"rows, beside {taken}"
        )
    more = align(needed + ports - room) + reserved
    return NoRoom(f"{needs}, {target.name} has {has}", Role.WORKING, more, reserved)


def _room(target: Target) -> int:
    """Working memory for activations, and what else of a network lies there."""
    memory, working = target.memory, target.memory.level(Role.WORKING)
    stacks = 0 if memory.staged else target.cores * target.stack_bytes
    program = target.program_bytes if memory.code is working else 0
    variables = VARIABLES_BYTES if memory.code is not working and memory.variables is working else 0
    return working.size - stacks - program - variables


def _flash_room(target: Target) -> int:
    """Flash for constants."""
    flash = target.memory.constants
    return flash.size - (target.program_bytes if target.memory.code is flash else 0)

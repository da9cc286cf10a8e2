"""Where activations lie: in working memory while they are alive, in bulk memory while they wait for room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from nmcu.errors import PlanError
from nmcu.graph import Layer, TensorInfo
from nmcu.kernels.kernel import align
from nmcu.plan.lifetime import lifetimes, place
from nmcu.plan.plan import Buffer, Spill
from nmcu.plan.spill import place_within, spills
from nmcu.targets import Role, Target

CONSTANTS_RESERVE_BYTES = 192 * 1024
"""Working memory that activations leave to constants, if need be by waiting in bulk memory."""
VARIABLES_BYTES = 1024
"""Working memory left for a program's own variables where its code lies elsewhere, in flash."""
ALIAS_KINDS = frozenset({"reshape"})


@dataclass(frozen=True)
class Activations:
    """Places in the arena by tensor, tensors that share another one's memory, and what waits in bulk memory.

    `budget` bytes are left for constants, `buffer_bytes` of compute memory for kernels' buffers; where these are
    `shared` they are the same bytes.
    """

    tensors: Mapping[str, Buffer]
    aliases: Mapping[str, str]
    spills: tuple[Spill, ...]
    budget: int
    buffer_bytes: int
    shared: bool

    def moves_nothing(self, layer: Layer) -> bool:
        """Whether the result of `layer` is its input's memory under another shape."""
        if layer.kind not in ALIAS_KINDS:
            return False
        source, result = layer.inputs[0].name, layer.outputs[0].name
        return self.aliases.get(source, source) == self.aliases.get(result, result)


def place_activations(
    layers: Sequence[Layer], inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], target: Target
) -> Activations:
    """Places for all activations of a network; raises `PlanError` with both sizes where they do not fit."""
    memory, room = target.memory, _room(target)
    aliases = _aliases(layers, inputs, outputs)
    ports = sum(align(t.bytes) for t in (*inputs, *outputs))
    blocks = lifetimes(layers, outputs, aliases)
    if memory.find(Role.BULK):
        most = (
            room - ports - (CONSTANTS_RESERVE_BYTES if memory.constants is memory.level(Role.WORKING) else 0)
        )
        tensors, blocks = place_within(blocks, layers, aliases, max(most, 0))
    else:
        tensors = place(blocks)
    arena = max((buffer.end for buffer in tensors.values()), default=0)
    left = room - align(arena) - ports
    if left <= 0:
        has = f"{room:,} beside the program" if room > 0 else "none beside program_bytes of its target.toml"
        raise PlanError(
            f"the network's activations need {arena + ports:,} bytes of working memory at once, "
            f"{target.name} has {has}: use a smaller input or network"
        )
    in_working = memory.constants is memory.level(Role.WORKING)
    shared = in_working and not memory.staged
    halved = shared and memory.find(Role.BULK) is not None  # the ring of what streams has a fixed size
    budget = left // 2 if halved else left
    return Activations(
        tensors=MappingProxyType(tensors),
        aliases=MappingProxyType(aliases),
        spills=spills(blocks),
        budget=budget if in_working else _flash_room(target),
        buffer_bytes=target.compute_bytes if memory.staged else budget,
        shared=shared and not halved,
    )


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


def _aliases(
    layers: Sequence[Layer], inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo]
) -> dict[str, str]:
    """Tensors that share another one's memory: results of layers that only change the shape.

    A network output takes over its producer's tensor unless that is an input or an output itself.
    """
    aliases: dict[str, str] = {}
    taken = {t.name for t in (*inputs, *outputs)}
    out = {t.name for t in outputs}
    for layer in layers:
        if layer.kind not in ALIAS_KINDS:
            continue
        source, result = layer.inputs[0].name, layer.outputs[0].name
        root = aliases.get(source, source)
        if result not in out:
            aliases[result] = root
        elif root not in taken:
            aliases |= {name: result for name, old in aliases.items() if old == root}
            aliases[root] = result
            taken.add(root)
    return aliases

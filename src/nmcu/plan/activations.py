"""Where activations lie: in L2 while they are alive, in L3 while they wait there for want of room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from nmcu.errors import PlanError
from nmcu.graph import Layer, TensorInfo
from nmcu.kernels.kernel import align
from nmcu.plan.lifetime import lifetimes, place
from nmcu.plan.plan import Buffer, Spill
from nmcu.plan.spill import place_within, spills
from nmcu.targets import Target

CODE_RESERVE_BYTES = 64 * 1024
"""L2 kept free for code and descriptors."""
CONSTANTS_RESERVE_BYTES = 192 * 1024
"""L2 that activations leave to constants, if need be by waiting in L3."""
ALIAS_KINDS = frozenset({"reshape"})


@dataclass(frozen=True)
class Activations:
    """Places in the arena by tensor, tensors that share another one's memory, and what waits in L3.

    `budget` bytes of L2 are left for constants.
    """

    tensors: Mapping[str, Buffer]
    aliases: Mapping[str, str]
    spills: tuple[Spill, ...]
    budget: int

    def moves_nothing(self, layer: Layer) -> bool:
        """Whether the result of `layer` is its input's memory under another shape."""
        if layer.kind not in ALIAS_KINDS:
            return False
        source, result = layer.inputs[0].name, layer.outputs[0].name
        return self.aliases.get(source, source) == self.aliases.get(result, result)


def place_activations(
    layers: Sequence[Layer], inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], target: Target
) -> Activations:
    """Places for all activations of a network; raises `PlanError` with both sizes where they do not fit L2."""
    aliases = _aliases(layers, inputs, outputs)
    ports = sum(align(t.bytes) for t in (*inputs, *outputs))
    blocks = lifetimes(layers, outputs, aliases)
    if "l3_l2" in target.dma:
        room = target.l2_bytes - CODE_RESERVE_BYTES - CONSTANTS_RESERVE_BYTES - ports
        tensors, blocks = place_within(blocks, layers, aliases, max(room, 0))
    else:
        tensors = place(blocks)
    arena = max((buffer.end for buffer in tensors.values()), default=0)
    budget = target.l2_bytes - CODE_RESERVE_BYTES - align(arena) - ports
    if budget <= 0:
        raise PlanError(
            f"the network's activations need {arena + ports:,} bytes of L2 at once, {target.name} has "
            f"{target.l2_bytes - CODE_RESERVE_BYTES:,} beside the code: use a smaller input or network"
        )
    return Activations(MappingProxyType(tensors), MappingProxyType(aliases), spills(blocks), budget)


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

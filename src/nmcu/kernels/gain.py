"""Whether the zeros of a pattern are worth anything on a machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nmcu.graph import Layer
from nmcu.kernels.choice import candidates
from nmcu.kernels.kernel import Kernel, Machine

LEAST = 0.02
"""A gain below this share of the cycles is none: the cost model is not better than that."""
NAMED = 3
"""Layers that a sentence names; it counts the others."""


@dataclass(frozen=True)
class Gain:
    """Predicted cycles of the fastest kernel that does not read packed weights, and of the fastest of all."""

    dense: int
    fastest: int

    @property
    def is_none(self) -> bool:
        return self.fastest > (1 - LEAST) * self.dense


def gain(kernels: Iterable[Kernel], layer: Layer, machine: Machine) -> Gain:
    """What the zeros of `layer` gain; nothing where no kernel runs it."""
    known = {kernel.name: kernel for kernel in kernels}
    found = candidates(known.values(), layer, machine)
    dense = next((c.cycles for c in found if not known[c.kernel].packed), None)
    fastest = found[0].cycles if found else 0
    return Gain(fastest if dense is None else dense, fastest)


def without_gain(gains: Mapping[str, Gain]) -> list[str]:
    """Of layers by name, those that do not gain, where all together do not."""
    together = Gain(sum(g.dense for g in gains.values()), sum(g.fastest for g in gains.values()))
    return [name for name, of_layer in gains.items() if of_layer.is_none] if together.is_none else []


def no_gain(layers: Mapping[str, Sequence[str]], machine: Machine) -> str:
    """What to tell a user of patterns that gain nothing, by what each of them is the pattern of: names of layers."""
    names = [name for found in layers.values() for name in found]
    which = ", ".join(map(repr, names[:NAMED]))
    if len(names) > NAMED:
        which += f" and {len(names) - NAMED} more"
    return (
        f"{' and '.join(layers)} {'gains' if len(layers) == 1 else 'gain'} no speed on {machine.target.name} with "
        f"{machine.isa}: in {'layer' if len(names) == 1 else 'layers'} {which} dense kernels are predicted to be as "
        "fast; a sparser pattern may gain, or one with shared positions such as 1:8x4"
    )

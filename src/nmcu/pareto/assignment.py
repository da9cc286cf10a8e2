"""Which pattern each layer has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nmcu.errors import counted
from nmcu.layerwise import Variant
from nmcu.sparsity import NMPattern

DENSE = "dense"


@dataclass(frozen=True, order=True)
class Assignment:
    """The layers that are pruned, by name, with their patterns, in execution order; all others stay as they are."""

    each: tuple[Variant, ...] = ()

    def __str__(self) -> str:
        names = {str(variant.pattern) for variant in self.each}
        if len(names) < 2:
            return next(iter(names), DENSE)
        return f"{', '.join(sorted(names))} in {counted(len(self.each), 'layer')}"

    @property
    def patterns(self) -> dict[str, str]:
        """Patterns by layer: what `nmcu.train.sparsify` takes for a network whose modules have the layers' names."""
        return {variant.layer: str(variant.pattern) for variant in self.each}

    def of(self, layer: str) -> str:
        """The pattern of a layer, or `dense`."""
        return self.patterns.get(layer, DENSE)

    @classmethod
    def by_layer(cls, patterns: Mapping[str, str]) -> "Assignment":
        """From patterns by layer, in execution order; `dense` for a layer that stays as it is."""
        return cls(tuple(Variant(layer, NMPattern.parse(p)) for layer, p in patterns.items() if p != DENSE))


def uniform(variants: Iterable[Variant], pattern: NMPattern) -> Assignment:
    """`pattern` in every layer that has a variant with it."""
    return Assignment(tuple(variant for variant in variants if variant.pattern == pattern))

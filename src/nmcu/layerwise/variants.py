"""The ways in which one layer of a network is pruned alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.graph import Graph, Layer
from nmcu.graph.prune import Globs, Rewritten, choose, globs, pruned, rewritten, with_weight
from nmcu.sparsity import NMPattern


@dataclass(frozen=True, order=True)
class Variant:
    """A layer, by name, and the pattern that it is pruned to."""

    layer: str
    pattern: NMPattern

    def __str__(self) -> str:
        return f"{self.layer} {self.pattern}"


@dataclass(frozen=True, eq=False)
class Refit:
    """Weights in the place of a pruned layer's; by channel (Cout,) how many times its scale theirs is, and what is
    added to its bias, in steps of its accumulator."""

    weight: NDArray[np.int8]
    scale: NDArray[np.float64]
    bias: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Variants:
    """`each` variant of `graph`, layer by layer in execution order; `refits` are of variants whose kept weights were
    changed, too."""

    graph: Graph
    each: tuple[Variant, ...]
    refits: Mapping[Variant, Refit] = field(default_factory=dict)

    def layer(self, variant: Variant) -> Layer:
        """The layer as the variant has it."""
        (layer,) = (layer for layer in self.graph.layers if layer.name == variant.layer)
        return changed(layer, variant.pattern, self.refits.get(variant))

    def network(self, variant: Variant | None) -> Graph:
        """The network as the variant has it; the unchanged one for None."""
        if variant is None:
            return self.graph
        mine = self.layer(variant)

        def rewrite(layer: Layer) -> Rewritten:
            this = mine if layer.name == mine.name else layer
            return this.op, this.constants

        return rewritten(self.graph, rewrite)


def changed(layer: Layer, pattern: NMPattern | None, refit: Refit | None) -> Layer:
    """A layer with the weights of `refit`, else pruned to `pattern` by magnitude, else as it is."""
    if refit is not None:
        op, constants = with_weight(layer, refit.weight, refit.scale, refit.bias)
        return replace(layer, op=op, constants=constants)
    this = layer if pattern is None else pruned(layer, pattern)
    assert this is not None, "a pattern is of a layer that can be pruned"
    return this


def find(
    graph: Graph,
    model: str,
    patterns: Sequence[NMPattern],
    layers: Globs | None = None,
    skip: Globs = (),
) -> Variants:
    """Every layer of `graph` that can be pruned, at each of `patterns` that it is wide enough for.

    `layers` are globs of names (without it all), `skip` of those to leave out; `model` is what errors call the network.
    Raises `NmcuError` where a glob matches no layer with weights, and where there is nothing to prune.
    """
    wanted = globs("*" if layers is None else layers)
    choices = {pattern: choose(graph, pattern, wanted, skip) for pattern in patterns}
    names = [choice.layer.name for choice in next(iter(choices.values()))]
    for glob in (*wanted, *globs(skip)):
        if names and not any(fnmatchcase(name, glob) for name in names):
            raise NmcuError(f"{glob!r} matches no layer with weights; there are: {', '.join(names)}")
    able = {(c.layer.name, pattern) for pattern, each in choices.items() for c in each if c.reason is None}
    found = tuple(Variant(n, pattern) for n in names for pattern in patterns if (n, pattern) in able)
    if not found:
        reasons = "; ".join(f"{c.layer.name}: {c.reason}" for c in choices[patterns[-1]])
        raise NmcuError(
            f"{model} has no layer that can be pruned: {reasons or 'it has no layers with weights'}"
        )
    return Variants(graph, found)

"""The pruned network of an assignment."""

from dataclasses import dataclass
from functools import cached_property

from nmcu import cache
from nmcu.graph import Graph, digest
from nmcu.graph.prune import prune
from nmcu.layerwise import Reconstruction
from nmcu.pareto.assignment import Assignment


@dataclass(frozen=True, eq=False)
class Networks:
    """Networks pruned from `graph` by magnitude; with a `reconstruction` their kept weights are fitted, too."""

    graph: Graph
    reconstruction: Reconstruction | None = None

    def __call__(self, assignment: Assignment) -> Graph:
        """The network."""
        patterns = {variant.layer: variant.pattern for variant in assignment.each}
        return (
            prune(self.graph, patterns)
            if self.reconstruction is None
            else self.reconstruction.network(patterns)
        )

    def key(self, assignment: Assignment) -> str:
        """What is the same for the same network only, without making it."""
        return cache.key(self._origin, *(str(variant) for variant in assignment.each))

    @cached_property
    def _origin(self) -> str:
        fitted = () if self.reconstruction is None else self.reconstruction.samples.content()
        return cache.key(digest.of_graph(self.graph), *fitted)

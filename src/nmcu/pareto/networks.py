"""The pruned network of an assignment."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from io import BytesIO

import numpy as np

from nmcu import cache
from nmcu.graph import Graph, digest
from nmcu.graph.prune import prune
from nmcu.layerwise import Reconstruction, Refit
from nmcu.layerwise.cost import code
from nmcu.pareto.assignment import Assignment


@dataclass(frozen=True, eq=False)
class Networks:
    """Networks pruned from `graph` by magnitude; with a `reconstruction` their kept weights are fitted, too."""

    graph: Graph
    reconstruction: Reconstruction | None = None

    def __call__(self, assignment: Assignment) -> Graph:
        """The network; what was fitted in a former run is taken from the cache."""
        patterns = {variant.layer: variant.pattern for variant in assignment.each}
        if self.reconstruction is None:
            return prune(self.graph, patterns)
        key = cache.key("refits", self.key(assignment), code())
        known = cache.load(key)
        refits = self.reconstruction.fit(patterns) if known is None else _unpacked(known)
        if known is None:
            cache.store(key, _packed(refits))
        return self.reconstruction.network(patterns, refits)

    def key(self, assignment: Assignment) -> str:
        """What is the same for the same network only, without making it."""
        return cache.key(self._origin, *(str(variant) for variant in assignment.each))

    @cached_property
    def _origin(self) -> str:
        fitted = () if self.reconstruction is None else self.reconstruction.samples.content()
        return cache.key(digest.of_graph(self.graph), *fitted)


def _packed(refits: Mapping[str, Refit]) -> bytes:
    """The arrays of each layer, as an .npz file has them."""
    arrays = {
        f"{layer}/{name}": array for layer, refit in refits.items() for name, array in vars(refit).items()
    }
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _unpacked(data: bytes) -> dict[str, Refit]:
    with np.load(BytesIO(data)) as arrays:
        names = dict.fromkeys(name.rpartition("/")[0] for name in arrays.files)
        return {
            layer: Refit(**{field.name: arrays[f"{layer}/{field.name}"] for field in fields(Refit)})
            for layer in names
        }

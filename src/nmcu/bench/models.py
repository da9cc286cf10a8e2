"""The networks that the benchmark builds itself, with random weights: name to builder."""

from collections.abc import Callable, Mapping

from nmcu.bench.resnet18 import resnet18
from nmcu.bench.vit import vit
from nmcu.graph import Graph
from nmcu.sparsity import NMPattern

BUILT: Mapping[str, Callable[[NMPattern | None], Graph]] = {"resnet18": resnet18, "vit": vit}

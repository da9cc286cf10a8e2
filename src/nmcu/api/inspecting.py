"""What a model consists of."""

from __future__ import annotations  # signatures in help() as they are written here

from nmcu.api.model import Model, graph_of, name_of
from nmcu.registry import Registry
from nmcu.report import Inspection


def inspect(model: Model, *, registry: Registry | None = None) -> Inspection:
    """The layers of a model file or graph: shapes, multiply-accumulates, weights, zeros and N:M patterns.

    Raises `ModelError` for a file that is no int8 model that can be read.
    """
    graph = graph_of(model, registry)
    return Inspection(name_of(model), graph)

"""Rules that make an integer graph shorter without changing any result; one module each."""

from nmcu.frontend.simplify.fold_clamp import fold_clamp
from nmcu.frontend.simplify.fold_constant import fold_constant
from nmcu.frontend.simplify.fold_crop import fold_crop
from nmcu.frontend.simplify.fold_floats import fold_floats
from nmcu.frontend.simplify.fold_heads import fold_heads
from nmcu.frontend.simplify.fold_identity import fold_identity
from nmcu.frontend.simplify.fold_pad import fold_pad
from nmcu.frontend.simplify.fold_window import fold_window
from nmcu.graph import Graph


def simplify(graph: Graph) -> Graph:
    """`graph` with all rules applied; its own model is edited, which nobody may have read before."""
    fold_pad(graph)
    fold_constant(graph)
    fold_floats(graph)
    fold_crop(graph)
    fold_clamp(graph)
    fold_identity(graph)
    fold_heads(graph)
    fold_window(graph)
    return Graph(graph.model, graph.operators)


__all__ = ["simplify"]

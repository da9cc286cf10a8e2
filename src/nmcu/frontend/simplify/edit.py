"""Small edits of a graph's nodes."""

import onnx_ir as ir

from nmcu.graph import Graph, Op


def rewrite(node: ir.Node, op: Op) -> None:
    """Give `node` the attributes of `op`, an operator of the same type."""
    for attribute in op.attributes():
        node.attributes[attribute.name] = attribute


def bypass(graph: Graph, node: ir.Node, source: ir.Value) -> None:
    """Remove `node`, whose readers read `source` from now on."""
    ir.convenience.replace_all_uses_with(node.outputs[0], source)
    graph.graph.remove(node, safe=True)
    for value in node.inputs:
        if value is not None and value.is_initializer() and not value.uses():
            graph.graph.initializers.pop(value.name or "")

"""Small edits of a graph's nodes."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from nmcu.graph import Graph, Op, ops


def rewrite(node: ir.Node, op: Op) -> None:
    """Give `node` the attributes of `op`, an operator of the same type."""
    for attribute in op.attributes():
        node.attributes[attribute.name] = attribute


def relabel(graph: Graph, node: ir.Node, op: Op) -> None:
    """Make `node` the operator `op`, which has no constants, of its first input."""
    constants = [value for value in node.inputs[1:] if value is not None]
    node.resize_inputs(1)
    node.op_type = type(op).__name__
    node.attributes.clear()
    rewrite(node, op)
    _forget(graph, constants)


def retable(
    graph: Graph, node: ir.Node, source: ir.Value, op: ops.Table | ops.FloatTable, table: NDArray[Any]
) -> None:
    """Make `node` the look-up `op` of `source` in `table`."""
    name = _unused(graph, f"{node.name}.table")
    tensor = ir.Tensor(np.ascontiguousarray(table), name=name)
    value = ir.Value(name=name, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor)
    graph.model.graph.initializers[name] = value
    node.resize_inputs(2)
    for position, operand in enumerate((source, value)):
        node.replace_input_with(position, operand)
    node.op_type = type(op).__name__
    node.attributes.clear()
    rewrite(node, op)


def bypass(graph: Graph, node: ir.Node, source: ir.Value) -> None:
    """Remove `node`, whose readers read `source` from now on."""
    ir.convenience.replace_all_uses_with(node.outputs[0], source)
    _remove(graph, node)


def remove_unread(graph: Graph, nodes: Iterable[ir.Node]) -> None:
    """Remove those of `nodes`, readers first, whose results nobody reads any more."""
    for node in nodes:
        if not node.outputs[0].uses() and not node.outputs[0].is_graph_output():
            _remove(graph, node)


def _unused(graph: Graph, wanted: str) -> str:
    """`wanted`, with a number where a tensor has this name."""
    whole = graph.model.graph
    taken = {*whole.initializers, *(value.name for node in whole for value in node.outputs)}
    name, count = wanted, 1
    while name in taken:
        name, count = f"{wanted}_{count}", count + 1
    return name


def _remove(graph: Graph, node: ir.Node) -> None:
    constants = [value for value in node.inputs if value is not None and value.is_initializer()]
    graph.model.graph.remove(node, safe=True)
    _forget(graph, constants)


def _forget(graph: Graph, constants: Iterable[ir.Value]) -> None:
    for value in constants:
        if not value.uses():
            graph.model.graph.initializers.pop(value.name or "")

"""A table that keeps every code only gives it another scale (a constant factor between two quantisations): operators
that hold the scales of their inputs in their own constants read the table's input instead, through moves too."""

import numpy as np
import onnx_ir as ir

from nmcu.frontend.simplify.edit import remove_unread
from nmcu.graph import Graph, ops
from nmcu.graph.layer import from_node

_CODES = np.arange(-128, 128).astype(np.int8)
_READERS = tuple(
    op.__name__
    for op in (
        ops.Add,
        ops.AttentionScores,
        ops.AttentionValues,
        ops.Conv2d,
        ops.Depthwise,
        ops.LayerNorm,
        ops.Linear,
        ops.LogSoftmax,
        ops.Mul,
        ops.Softmax,
        ops.Table,
    )
)
_MOVES = (ops.Reshape.__name__, ops.Slice.__name__, ops.Transpose.__name__)


def fold_identity(graph: Graph) -> None:
    """Pass the input of each such table to those of its readers that do not ask for its scale."""
    for node in list(graph.graph):
        if node.op_type != ops.Table.__name__:
            continue
        table, source = from_node(node).constants["table"], node.inputs[0]
        if source is None or table.ndim != 1 or not np.array_equal(table, _CODES):
            continue
        _pass_on(node.outputs[0], source)
        remove_unread(graph, [node])


def _pass_on(value: ir.Value, source: ir.Value) -> None:
    for use in tuple(value.uses()):
        if _needs_codes_only(use.node):
            use.node.replace_input_with(use.idx, source)


def _needs_codes_only(reader: ir.Node) -> bool:
    if reader.op_type not in _MOVES:
        return reader.op_type in _READERS
    return all(_needs_codes_only(use.node) for use in reader.outputs[0].uses())

"""Attention reads queries, keys and values where a joint projection left them: slices of channels become offsets."""

import dataclasses
import math

import numpy as np
import onnx_ir as ir

from nmcu.frontend.simplify.edit import remove_unread, rewrite
from nmcu.graph import Graph, ops
from nmcu.graph.tensor import TensorInfo, from_value, to_value

_MOVES = (ops.Reshape.__name__, ops.Slice.__name__)


def fold_heads(graph: Graph) -> None:
    """Let every product of attention read the tensor that slices of its operands were cut from."""
    for node in list(graph.model.graph):
        if node.op_type == ops.AttentionScores.__name__:
            _fold(graph, node, 0, "q_offset")
            _fold(graph, node, 1, "k_offset")
        elif node.op_type == ops.AttentionValues.__name__:
            _fold(graph, node, 1, "v_offset")


def _fold(graph: Graph, node: ir.Node, position: int, offset: str) -> None:
    value = node.inputs[position]
    assert value is not None
    chain: list[ir.Node] = []
    start = value
    while (producer := start.producer()) is not None and producer.op_type in _MOVES:
        chain.append(producer)
        source = producer.inputs[0]
        assert source is not None
        start = source
    found = _channels(graph, chain)
    if found is None:
        return
    rewrite(node, dataclasses.replace(graph.read(node).op, **{offset: found}))
    node.replace_input_with(position, _rescaled(graph, node, start, from_value(value)))
    remove_unread(graph, chain)


def _rescaled(graph: Graph, node: ir.Node, start: ir.Value, wanted: TensorInfo) -> ir.Value:
    """`start` with the quantisation of `wanted`: some of the moves may have been changes of scale."""
    whole = from_value(start)
    if whole.quant == wanted.quant:
        return start
    name = f"{wanted.name} whole"
    result = to_value(dataclasses.replace(wanted, name=name, shape=whole.shape))
    made = ir.Node(
        node.domain,
        ops.Reshape.__name__,
        [start],
        ops.Reshape(shape=whole.shape).attributes(),
        outputs=[result],
        name=name,
    )
    graph.model.graph.insert_before(node, made)
    return result


def _channels(graph: Graph, chain: list[ir.Node]) -> int | None:
    """The first channel if the moves, last one first, take some neighbouring channels of all tokens of a matrix."""
    if not any(node.op_type == ops.Slice.__name__ for node in chain):
        return None
    shape = graph.read(chain[-1]).inputs[0].shape
    if len(shape) != 2:
        return None
    index = np.arange(math.prod(shape)).reshape(shape)
    whole = index
    for node in reversed(chain):
        (index,) = graph.read(node).op.reference([index], {})
    if index.ndim != 2 or index.shape[0] != shape[0]:
        return None
    first = int(index[0, 0])
    return first if np.array_equal(index, whole[:, first : first + index.shape[1]]) else None

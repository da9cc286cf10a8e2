"""Float functions of one quantised value become its table: nothing of them is left to compute in soft float."""

import onnx_ir as ir

from nmcu.frontend.simplify.edit import remove_unread, retable
from nmcu.graph import Graph, ops
from nmcu.graph.layer import Layer
from nmcu.graph.op import Array


def fold_floats(graph: Graph) -> None:
    """Fold each function, sum or product with constants, and quantisation behind a table of floats into that table."""
    for node in list(graph.model.graph):
        if node.op_type not in (ops.FloatMap.__name__, ops.FloatPair.__name__, ops.Quantize.__name__):
            continue
        producers = [value.producer() for value in node.inputs if value is not None]
        before = [p for p in producers if p is not None and p.op_type == ops.FloatTable.__name__]
        if len(before) != 1 or len(before) + _constants(producers) != len(node.inputs):
            continue
        (source,) = before
        layer, start = graph.read(node), graph.read(source)
        table = _applied(layer, start, [None if p is None else graph.read(p) for p in producers])
        if table is None or layer.outputs[0].shape != start.inputs[0].shape:
            continue
        if isinstance(layer.op, ops.Quantize):
            word = "requantize" if start.op.kind == "to float" else start.op.kind
            op: ops.Table | ops.FloatTable = ops.Table(function=word)
        else:
            op = ops.FloatTable(function=layer.kind if start.op.kind == "to float" else "float table")
        value = source.inputs[0]
        assert value is not None
        others = [p for p in producers if p is not None]
        retable(graph, node, value, op, table)
        remove_unread(graph, others)


def _constants(producers: list[ir.Node | None]) -> int:
    return sum(p is not None and p.op_type == ops.FloatConstant.__name__ for p in producers)


def _applied(layer: Layer, start: Layer, producers: list[Layer | None]) -> Array | None:
    """The table of `start` with `layer` applied; None where a constant differs along more than the last axis."""
    table, channels = start.constants["table"], start.inputs[0].shape[-1]
    inputs: list[Array] = []
    for producer in producers:
        assert producer is not None
        if producer is start or producer.name == start.name:
            inputs.append(table)
            continue
        value = producer.constants["value"]
        if value.size != 1 and (value.size != channels or value.shape[-1] != channels):
            return None
        inputs.append(value.reshape(-1, 1) if value.size > 1 else value.reshape(()))
    return layer.op.reference(inputs, layer.constants)[0]

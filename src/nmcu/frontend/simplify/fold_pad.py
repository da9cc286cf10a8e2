"""A padding with the zero point becomes the padding of the convolutions that read it (Keras' ZeroPadding2D)."""

import dataclasses

import onnx_ir as ir

from nmcu.frontend.simplify.edit import bypass, rewrite
from nmcu.graph import Graph, ops


def fold_pad(graph: Graph) -> None:
    """Fold each padding of height and width that only convolutions read."""
    for node in list(graph.model.graph):
        if node.op_type != ops.Pad.__name__:
            continue
        pad, source = graph.read(node), node.inputs[0]
        readers = [use.node for use in node.outputs[0].uses()]
        op = pad.op
        assert isinstance(op, ops.Pad)
        spatial = len(op.before) == 4 and not any((op.before[0], op.before[3], op.after[0], op.after[3]))
        if source is None or not spatial or op.value != pad.inputs[0].zero_point:
            continue
        if readers and all(_convolves(reader, node.outputs[0]) for reader in readers):
            for reader in readers:
                _widen(graph, reader, (op.before[1], op.before[2], op.after[1], op.after[2]))
            bypass(graph, node, source)


def _convolves(reader: ir.Node, value: ir.Value) -> bool:
    return reader.op_type in (ops.Conv2d.__name__, ops.Depthwise.__name__) and reader.inputs[0] is value


def _widen(graph: Graph, reader: ir.Node, more: tuple[int, ...]) -> None:
    op = graph.read(reader).op
    assert isinstance(op, ops.Conv2d | ops.Depthwise)
    rewrite(reader, dataclasses.replace(op, pads=tuple(a + b for a, b in zip(op.pads, more, strict=True))))

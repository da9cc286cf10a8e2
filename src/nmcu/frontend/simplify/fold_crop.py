"""A crop of height and width of a convolution's result becomes less padding: rows that nobody reads are not computed
(BATCH_TO_SPACE_ND behind a dilated convolution)."""

import dataclasses

import onnx_ir as ir

from nmcu.frontend.simplify.edit import bypass, rewrite
from nmcu.graph import Graph, ops, origin
from nmcu.graph.ops import Conv2d, Depthwise, Slice


def fold_crop(graph: Graph) -> None:
    """Fold each such slice of a result that nobody else reads, where there is as much padding."""
    for node in list(graph.model.graph):
        value = node.inputs[0] if node.op_type == ops.Slice.__name__ else None
        producer = None if value is None else value.producer()
        if value is None or producer is None or len(value.uses()) != 1 or value.is_graph_output():
            continue
        slice_, before = graph.read(node), graph.read(producer)
        if not isinstance(before.op, Conv2d | Depthwise) or not isinstance(slice_.op, Slice):
            continue
        pads = _pads(before.op, slice_.op, slice_.inputs[0].shape)
        if pads is not None:
            rewrite(producer, dataclasses.replace(before.op, pads=pads))
            name, value.shape = node.outputs[0].name, ir.Shape(slice_.op.shape)
            origin.replace(value, node.outputs[0])
            bypass(graph, node, value)
            value.name = name


def _pads(op: Conv2d | Depthwise, cut: Slice, old: tuple[int, ...]) -> tuple[int, ...] | None:
    """The convolution's pads without what the slice takes away; None where it does more, or takes more."""
    rest = [(cut.starts[a], cut.shape[a]) for a in (0, 3)]
    if set(cut.steps) != {1} or rest != [(0, old[0]), (0, old[3])]:
        return None
    first = cut.starts[1:3]
    last = [old[1 + i] - first[i] - cut.shape[1 + i] for i in (0, 1)]
    taken = [n * op.strides[i % 2] for i, n in enumerate((*first, *last))]
    pads = tuple(pad - less for pad, less in zip(op.pads, taken, strict=True))
    return pads if min(pads) >= 0 else None

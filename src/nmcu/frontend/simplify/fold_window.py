"""A window that drops its oldest rows before it takes new ones (a slice of a state, concatenated) drops them after
that, as other windows do: the planner then moves it in its own memory, once."""

import dataclasses

import onnx_ir as ir

from nmcu.frontend.simplify.edit import relabel, remove_unread
from nmcu.graph import Graph, ops
from nmcu.graph.tensor import from_value, to_value


def fold_window(graph: Graph) -> None:
    """Swap the slice and the concatenation of each such window."""
    for node in list(graph.model.graph):
        if node.op_type == ops.Concat.__name__:
            value = node.inputs[0]
            cut = None if value is None else value.producer()
            if cut is not None and cut.op_type == ops.Slice.__name__ and len(cut.outputs[0].uses()) == 1:
                _swap(graph, node, cut)


def _swap(graph: Graph, node: ir.Node, cut: ir.Node) -> None:
    state, op, slice_ = cut.inputs[0], graph.read(node).op, graph.read(cut).op
    assert state is not None and isinstance(op, ops.Concat) and isinstance(slice_, ops.Slice)
    producer, shape = state.producer(), from_value(state).shape
    first = slice_.starts[op.axis]
    rest = tuple(size - first if axis == op.axis else size for axis, size in enumerate(shape))
    if producer is None or producer.op_type != ops.ReadState.__name__ or slice_.shape != rest:
        return
    joined = from_value(node.outputs[0])
    size = (*joined.shape[: op.axis], joined.shape[op.axis] + first, *joined.shape[op.axis + 1 :])
    whole = to_value(dataclasses.replace(joined, name=f"{joined.name} whole", shape=size))
    inputs = [state, *node.inputs[1:]]
    name = f"{node.name} whole"
    made = ir.Node(node.domain, node.op_type, inputs, op.attributes(), outputs=[whole], name=name)
    graph.model.graph.insert_before(node, made)
    node.replace_input_with(0, whole)
    starts = tuple(first if axis == op.axis else 0 for axis in range(len(size)))
    relabel(graph, node, ops.Slice(starts=starts, steps=(1,) * len(size), shape=joined.shape))
    remove_unread(graph, [cut])

"""State: tensors whose values last from one run of a graph to the next."""

from collections.abc import Iterable
from dataclasses import dataclass

from nmcu.graph import ops
from nmcu.graph.layer import Layer
from nmcu.graph.op import Array
from nmcu.graph.tensor import TensorInfo


@dataclass(frozen=True, eq=False)
class State:
    """Layers read `tensor`, what the state holds at the beginning of a run; at its end it takes the value of `next`,
    or keeps its own where that is None. Before the first run it is `initial`."""

    tensor: TensorInfo
    next: TensorInfo | None
    initial: Array

    @property
    def name(self) -> str:
        return self.tensor.name


def states(nodes: Iterable[Layer]) -> tuple[State, ...]:
    """The states that `nodes` read, in their order."""
    nodes = tuple(nodes)
    written = {n.inputs[0].name: n.outputs[0] for n in nodes if isinstance(n.op, ops.WriteState)}
    return tuple(
        State(n.outputs[0], written.get(n.outputs[0].name), n.op.reference([], n.constants)[0])
        for n in nodes
        if isinstance(n.op, ops.ReadState)
    )

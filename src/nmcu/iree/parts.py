"""A network as parts that nmcu and IREE run in turn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nmcu.errors import ModelError
from nmcu.graph import Builder, Graph, Layer, TensorInfo, ops


@dataclass(frozen=True, eq=False, repr=False)
class Part:
    """Layers that run one after the other: one region of IREE's (`foreign`), or as many of nmcu's as can."""

    layers: tuple[Layer, ...]
    inputs: tuple[TensorInfo, ...]
    """What it reads of what was there before."""
    outputs: tuple[TensorInfo, ...]
    """What is read of it behind it, or by the host."""

    @property
    def foreign(self) -> bool:
        """Whether IREE runs it."""
        return isinstance(self.layers[0].op, ops.Foreign)


def parts(graph: Graph) -> tuple[Part, ...]:
    """All layers of `graph`, in an order with few parts: what nmcu can run is run before IREE's turn comes.

    Raises `ModelError` where the network has states, which no part could keep.
    """
    if graph.states:
        raise ModelError(
            f"state {graph.states[0].name!r}: networks with states are not cut into parts for IREE's runtime; run them "
            "on a target"
        )
    groups = _groups(graph)
    read = {info.name for info in graph.outputs}
    found: list[Part] = []
    for group in reversed(groups):
        written = {info.name: info for layer in group for info in layer.outputs}
        taken = {info.name: info for layer in group for info in layer.inputs if info.name not in written}
        given = tuple(info for name, info in written.items() if name in read)
        found.append(Part(tuple(group), tuple(taken.values()), given))
        read |= taken.keys()
    return tuple(reversed(found))


def graph_of(part: Part) -> Graph:
    """What nmcu runs, as a network of its own: the part's inputs and outputs are its device tensors."""
    b = Builder("part")
    known: dict[str, TensorInfo] = {}
    for info in part.inputs:
        model = TensorInfo(
            f"{info.name} outside", info.shape, "float32" if info.dtype == "float32" else "int8"
        )
        known[info.name] = b.input(model, info, range(len(info.shape)))
    for layer in part.layers:
        inputs = [known[info.name] for info in layer.inputs]
        made = b.add(layer.name, layer.op, inputs, layer.outputs, layer.constants)
        known |= {info.name: new for info, new in zip(layer.outputs, made, strict=True)}
    for info in part.outputs:
        model = replace(info, name=f"{info.name} outside", dtype=_OUTSIDE.get(info.dtype, "int8"))
        b.output(known[info.name], model, range(len(info.shape)), info.shape)
    return b.finish()


_OUTSIDE = {"float32": "float32", "int32": "int64"}


def _groups(graph: Graph) -> Sequence[list[Layer]]:
    waiting = list(graph.layers)
    there = {info.name for info in graph.inputs}
    groups: list[list[Layer]] = []
    while waiting:
        own = _ready(waiting, there)
        if own:
            groups.append(own)
        foreign = [x for x in waiting if isinstance(x.op, ops.Foreign) and _runs(x, there)]
        waiting = [x for x in waiting if x not in foreign]
        groups += [[x] for x in foreign]
        there.update(info.name for x in foreign for info in x.outputs)
    return groups


def _ready(waiting: list[Layer], there: set[str]) -> list[Layer]:
    """The layers of nmcu's that can run now, one after the other; they leave `waiting`."""
    found = []
    for layer in list(waiting):
        if not isinstance(layer.op, ops.Foreign) and _runs(layer, there):
            found.append(layer)
            waiting.remove(layer)
            there.update(info.name for info in layer.outputs)
    return found


def _runs(layer: Layer, there: set[str]) -> bool:
    return all(info.name in there for info in layer.inputs)

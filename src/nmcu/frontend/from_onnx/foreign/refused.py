"""Which nodes go to another compiler: those that reading stops at, one after the other."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from nmcu.errors import ModelError, NmcuError
from nmcu.frontend.from_onnx.context import Context, Refused
from nmcu.frontend.from_onnx.file import File, Node
from nmcu.frontend.from_onnx.foreign.network import BORDER, Network
from nmcu.frontend.from_onnx.foreign.region import NODES
from nmcu.frontend.readers import Fallback
from nmcu.graph import Graph, ops

CARRIED = frozenset([*BORDER, "Identity", "Cast"])
"""What is not to blame where it stops: what it reads is."""


def read(file: File, fallback: Fallback, graph_of: Callable[[Collection[str]], Graph]) -> Graph:
    """The graph of `file` with as few nodes as possible in regions for `fallback`: `graph_of` reads it with the nodes
    whose first results are named there.

    Raises `ModelError` where no region helps, or the other compiler refuses one.
    """
    network = Network(file)
    names = {n.outputs[0] for n in file.nodes if fallback.alone and n.op not in BORDER and n.outputs}
    names -= network.constant
    while True:
        try:
            graph = graph_of(names)
        except Refused as refused:
            new = {node.outputs[0] for node in _blamed(network, refused.node) if node.outputs} - names
            if not new:
                raise
            names |= new
        else:
            accepted(graph)
            return graph


@contextmanager
def blaming(c: Context, node: Node) -> Iterator[None]:
    """Errors while `node` is read are `Refused`, of that node where they name no other."""
    c.node = node
    try:
        yield
    except Refused:
        raise
    except ModelError as error:
        raise Refused(str(error), node) from error


def writer(file: File, name: str) -> Node:
    """The node that writes `name`, or one that does nothing where an input or a constant is called so."""
    return next((n for n in file.nodes if name in n.outputs), Node(name, "Identity", "", (), (name,), {}))


def _blamed(network: Network, node: Node) -> set[Node]:
    """The nodes to give away because reading stopped at `node`: itself, or what QDQ around it carries."""
    starts = [n for n in node.attributes.get(NODES, (node,)) if n in network.place]
    if not starts:  # made while reading: known by what it writes
        starts = [network.writers[name] for name in node.outputs if name in network.writers]
    found: set[Node] = set()
    waiting = starts
    while waiting:
        each = waiting.pop()
        if each.op in CARRIED:
            waiting += network.before(each)
        else:
            found.add(each)
    return found


def accepted(graph: Graph) -> None:
    """Raise `ModelError` with the other compiler's reason where it cannot run a region of `graph`."""
    for layer in graph.layers:
        if isinstance(layer.op, ops.Foreign):
            try:
                layer.op.check(layer.constants)
            except NmcuError as error:
                raise ModelError(f"node {layer.name!r}: {error}") from error

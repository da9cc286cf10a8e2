"""Which nodes go to another compiler: those that nothing reads, those that reading stops at, one after the other, and
those of layers that no kernel runs."""

from collections.abc import Callable, Collection

import onnx

from nmcu.errors import ModelError, NmcuError
from nmcu.frontend.from_onnx.context import Refused
from nmcu.frontend.from_onnx.file import STANDARD, File, Node
from nmcu.frontend.from_onnx.foreign.collapse import collapse
from nmcu.frontend.from_onnx.foreign.network import BORDER, Network
from nmcu.frontend.from_onnx.foreign.region import NODES
from nmcu.frontend.from_onnx.fuse import fuse
from nmcu.frontend.readers import Fallback
from nmcu.graph import Graph, Layer, ops

CARRIED = frozenset([*BORDER, "Identity", "Cast"])
"""What is not to blame where it stops: what it reads is."""
ARRANGED = frozenset(
    ["DepthToSpace", "Flatten", "Reshape", "SpaceToDepth", "Squeeze", "Transpose", "Unsqueeze"]
)
"""What is read as another order of the same values, which moves when a reader needs it."""


def read(
    file: File, fallback: Fallback, graph_of: Callable[[File], Graph], knows: Callable[[Node], bool]
) -> Graph:
    """The graph of `file` with as few nodes as possible in regions for `fallback`: `graph_of` reads a file in which
    regions are nodes; with a node that nothing `knows` it need not try.

    Raises `ModelError` where no region helps, or the other compiler refuses one.
    """
    network = Network(file)
    tried = (n for n in fuse(file).nodes if not knows(n) or (fallback.alone and n.op not in BORDER))
    names = {n.outputs[0] for n in tried if n.outputs} - network.constant
    while True:
        try:
            graph = graph_of(collapse(network, names))
        except Refused as refused:
            new = _blamed(network, refused.node) - names
            if not new:
                raise
        else:
            new = _without_kernel(network, graph, fallback.runs, names)
            if not new:  # what the planner refuses now it refuses with its own sentence
                accepted(graph)
                return graph
        names |= new


def takes(file: File, node: Node) -> bool:
    """Whether another compiler may run `node`: an operator of ONNX, of which the shapes of all results are known."""
    if node.domain != STANDARD or not onnx.defs.has(node.op):
        return False
    try:
        kinds = Network(file).kinds
    except ModelError:
        return False
    results = [kinds.get(name) for name in node.outputs if name]
    return all(kind is not None and kind.shape is not None for kind in results)


def writer(file: File, name: str) -> Node:
    """The node that writes `name`, or one that does nothing where an input or a constant is called so."""
    return next((n for n in file.nodes if name in n.outputs), Node(name, "Identity", "", (), (name,), {}))


def _without_kernel(
    network: Network, graph: Graph, runs: Callable[[Layer], bool], names: Collection[str]
) -> set[str]:
    """What to give away, beside `names`, because no kernel runs it: the nodes that layers were read from, or those that
    only say how values lie before nodes that are given away, which another order was made for."""
    own = (layer for layer in graph.layers if not isinstance(layer.op, ops.Foreign))
    results = {graph.read_from.get(layer.name) for layer in own if not runs(layer)}
    found: set[str] = set()
    waiting = [network.writers[name] for name in results if name in network.writers]
    while waiting:
        blamed = _blamed(network, waiting.pop())
        found |= blamed - set(names)
        before = (other for name in blamed & set(names) for other in network.before(network.writers[name]))
        waiting += [node for node in before if node.op in ARRANGED]
    return found


def _blamed(network: Network, node: Node) -> set[str]:
    """The first results of the nodes to give away because of `node`: its own, or of what QDQ around it carries."""
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
    return {each.outputs[0] for each in found if each.outputs}


def accepted(graph: Graph) -> None:
    """Raise `ModelError` with the other compiler's reason where it cannot run a region of `graph`."""
    for layer in graph.layers:
        if isinstance(layer.op, ops.Foreign):
            try:
                layer.op.check(layer.constants)
            except NmcuError as error:
                raise ModelError(f"node {layer.name!r}: {error}") from error

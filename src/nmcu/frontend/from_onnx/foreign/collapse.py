"""Regions of a network that another compiler runs, each as one node: maximal, convex, with QDQ inside.

1. A node joins where a tensor cannot cross the border: what is neither float32 nor quantised, and what only constants
   are read for.
2. Float values stay inside: whoever reads one without a QuantizeLinear in between joins, and so do element-wise nodes
   that only the region reads.
3. Regions that follow each other, with nothing or QDQ in between, become one, unless something else would then depend
   on it and be read by it.
4. The QuantizeLinear behind a region's float results belong to it: int8 tensors cross.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterable

from nmcu.frontend.from_onnx.file import File, Node
from nmcu.frontend.from_onnx.foreign.network import BORDER, DEQUANTIZE, Network
from nmcu.frontend.from_onnx.foreign.region import node_of
from nmcu.frontend.from_onnx.order import in_order
from nmcu.graph.ops.foreign import ELEMENTWISE


def collapse(network: Network, foreign: Collection[str]) -> File:
    """The file with regions (`region.NODES`) instead of the nodes whose first results are `foreign`, and of what joins
    them."""
    file = network.file
    if not foreign:
        return file
    members = _joined(network, {node for node in file.nodes if set(node.outputs[:1]) & set(foreign)})
    regions = _regions(network, members)
    made = [_collapsed(network, nodes) for nodes in regions]
    inside = {node for nodes in regions for node in nodes}
    read = {name for node in made for name in node.inputs}
    read |= {name for node in file.nodes if node not in inside for name in node.inputs} | network.outputs
    written = {name for node in made for name in node.outputs}
    kept = [
        n for n in file.nodes if n not in inside or (n.op == DEQUANTIZE and set(n.outputs) & read - written)
    ]
    return in_order(dataclasses.replace(file, nodes=(*kept, *made)))


def _joined(network: Network, members: set[Node]) -> set[Node]:
    """Rules 1 and 2."""
    waiting = list(members)
    while waiting:
        node = waiting.pop()
        found = [*_readers_inside(network, node), *_writers_inside(network, node, members)]
        new = [other for other in found if other not in members]
        members.update(new)
        # A node's only readers may be complete now.
        waiting += new + [other for joined in new for other in network.after(joined) if other in members]
    return members


def _readers_inside(network: Network, node: Node) -> Iterable[Node]:
    for name in node.outputs:
        crosses = network.is_float(name) and name not in network.constant
        for reader in network.readers.get(name, ()):
            if not crosses or reader.op not in BORDER:
                yield reader


def _writers_inside(network: Network, node: Node, members: set[Node]) -> Iterable[Node]:
    for other in network.before(node):
        if other.op in BORDER:
            continue
        shared = [name for name in other.outputs if name in node.inputs]
        crosses = all(network.is_float(name) for name in shared)
        alone = not network.outputs & set(other.outputs) and all(r in members for r in network.after(other))
        if not crosses or (other.op in ELEMENTWISE and alone):
            yield other


def _regions(network: Network, members: set[Node]) -> list[list[Node]]:
    """Rules 3 and 4."""
    groups = _Groups(network, members)
    ordered = sorted(members, key=network.place.__getitem__)
    for node in ordered:
        for follower in groups.followers(node):
            groups.merge(node, follower)
    regions = []
    for nodes in groups.all():
        whole = nodes | groups.between(nodes)
        inside = {reader for n in whole for reader in network.after(n) if network.quantises(reader)}
        regions.append(sorted(whole | inside, key=network.place.__getitem__))
    return regions


class _Groups:
    """Disjoint sets of `members`, which grow."""

    def __init__(self, network: Network, members: set[Node]) -> None:
        self.network = network
        self.of: dict[Node, set[Node]] = {node: {node} for node in members}

    def all(self) -> list[set[Node]]:
        """The groups, in the order of their first nodes."""
        return list({id(self.of[n]): self.of[n] for n in self.network.file.nodes if n in self.of}.values())

    def followers(self, node: Node) -> list[Node]:
        """The members that read `node`, directly or through QDQ."""
        found, waiting = [], list(self.network.after(node))
        while waiting:
            other = waiting.pop(0)
            if other in self.of:
                found.append(other)
            elif other.op in BORDER:
                waiting += self.network.after(other)
        return found

    def merge(self, a: Node, b: Node) -> None:
        """Make one group of two, unless a path leads from it out through something else and back."""
        first, second = self.of[a], self.of[b]
        if first is second or self._returns(first | second):
            return
        first |= second
        for node in second:
            self.of[node] = first

    def between(self, group: set[Node]) -> set[Node]:
        """The QDQ on paths from the group to itself."""
        network = self.network
        behind = _closure(
            group, lambda n: (o for o in network.after(n) if o.op in BORDER and o not in self.of)
        )
        ahead = _closure(
            group, lambda n: (o for o in network.before(n) if o.op in BORDER and o not in self.of)
        )
        return (behind & ahead) - group

    def _returns(self, group: set[Node]) -> bool:
        """Whether a path from `group` comes back to it through a node that is no QDQ."""
        seen: set[tuple[Node, bool]] = set()
        waiting = [(node, False) for node in group]
        while waiting:
            node, left = waiting.pop()
            # Another group is one node once it is collapsed.
            for inside in self.of.get(node, {node}) if node not in group else {node}:
                for other in self.network.after(inside):
                    if other in group:
                        if left:
                            return True
                        continue
                    state = (other, left or other.op not in BORDER or other in self.of)
                    if state not in seen:
                        seen.add(state)
                        waiting.append(state)
        return False


def _closure(start: Iterable[Node], step: Callable[[Node], Iterable[Node]]) -> set[Node]:
    found, waiting = set(start), list(start)
    while waiting:
        new = [node for node in step(waiting.pop()) if node not in found]
        found.update(new)
        waiting += new
    return found


def _collapsed(network: Network, nodes: list[Node]) -> Node:
    """One node for `nodes`; DequantizeLinear that others read, too, stays outside as well."""
    written = {name for node in nodes for name in node.outputs if name}
    inside = {node for node in nodes if node.op != DEQUANTIZE or not _is_read(network, node, set(nodes))}
    inputs = dict.fromkeys(n for node in nodes for n in node.inputs if n and n not in written)
    outputs = [n for node in inside for n in node.outputs if n and _leaves(network, n, inside)]
    outputs.sort(key=[n for node in nodes for n in node.outputs].index)
    return node_of(nodes, tuple(inputs), tuple(outputs))


def _is_read(network: Network, node: Node, inside: set[Node]) -> bool:
    return any(_leaves(network, name, inside) for name in node.outputs)


def _leaves(network: Network, name: str, inside: set[Node]) -> bool:
    return name in network.outputs or any(reader not in inside for reader in network.readers.get(name, ()))

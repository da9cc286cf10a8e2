"""The nodes of a file in execution order, and that each name is written once."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx.file import File, Node


def in_order(file: File) -> File:
    """`file` with every node behind those it reads; the file's own order where that is one.

    ONNX asks for such an order, but quantisers append what they insert, and ONNX Runtime sorts. Raises `ModelError`
    for a cycle, for a name that nothing writes and for one that is written twice.
    """
    given = {port.name for port in file.inputs} | set(file.constants)
    writers = _writers(file.nodes, given)
    for node in file.nodes:
        for name in node.inputs:
            if name and name not in given and name not in writers:
                raise ModelError(
                    f"node {node.name!r} ({node.op}) reads {name!r}, which nothing writes; export the model again"
                )
    for port in file.outputs:
        if port.name not in given and port.name not in writers:
            raise ModelError(f"model output {port.name!r} is written by no node")
    return dataclasses.replace(file, nodes=_sorted(file.nodes, writers))


def _writers(nodes: Sequence[Node], given: Collection[str]) -> dict[str, Node]:
    writers: dict[str, Node] = {}
    for node in nodes:
        for name in filter(None, node.outputs):
            if name in given or name in writers:
                raise ModelError(f"node {node.name!r} ({node.op}) writes {name!r}, which is already written")
            writers[name] = node
    return writers


def _sorted(nodes: Sequence[Node], writers: Mapping[str, Node]) -> tuple[Node, ...]:
    """Depth first in the file's order, without recursion: chains are as long as files."""
    done: dict[Node, None] = {}
    path: set[Node] = set()
    for root in nodes:
        waiting = [root]
        while waiting:
            node = waiting[-1]
            before = [writers[name] for name in node.inputs if name in writers]
            missing = [other for other in before if other not in done]
            if node in done or not missing:
                done.setdefault(waiting.pop())
                path.discard(node)
                continue
            path.add(node)
            if closing := next((other for other in missing if other in path), None):
                raise ModelError(
                    f"node {node.name!r} ({node.op}) reads what depends on its own result, through node "
                    f"{closing.name!r}: the graph is cyclic; export the model again"
                )
            waiting += reversed(missing)
    return tuple(done)

"""Layer normalisation written out (before opset 17) becomes one node, where all of it is float."""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from nmcu.frontend.from_onnx.file import STANDARD, File, Node, constant_of


def fuse(file: File) -> File:
    """`(x - mean(x)) / sqrt(mean((x - mean(x))**2) + epsilon)` as LayerNormalization without scale and bias."""
    producers = {output: node for node in file.nodes for output in node.outputs}
    replaced: dict[str, Node] = {}
    inner: list[Node] = []
    for node in file.nodes:
        found = _match(file, producers, node)
        if found is not None:
            replaced[node.outputs[0]], parts = found
            inner += parts
    nodes = [replaced.get(node.outputs[0], node) if node.outputs else node for node in file.nodes]
    return dataclasses.replace(file, nodes=_without_unread(file, nodes, inner)) if replaced else file


def _match(file: File, producers: Mapping[str, Node], node: Node) -> tuple[Node, list[Node]] | None:
    """The node that stands for all that `node` ends, and what it replaces, readers first."""
    if node.op != "Div" or node.domain != STANDARD or len(node.inputs) != 2 or not node.outputs:
        return None
    centred, root = (producers.get(name) for name in node.inputs)
    total = _producer(producers, root, "Sqrt", 0)
    if centred is None or root is None or total is None or total.op != "Add" or len(total.inputs) != 2:
        return None
    for position in (0, 1):
        variance = _producer(producers, total, "Add", position)
        epsilon = _constant(file, producers, total.inputs[1 - position])
        square = _producer(producers, variance, "ReduceMean", 0)
        if variance is None or square is None or epsilon is None or epsilon.size != 1:
            continue
        again = _producer(producers, square, square.op, 0)
        first, second = _mean_of(producers, centred), _mean_of(producers, again)
        axes = {_axis(file, producers, x) for x in (variance, first, second) if x is not None}
        same = first is not None and second is not None and first.inputs[0] == second.inputs[0]
        if not same or len(axes) != 1 or None in axes or not _is_square(file, producers, square):
            continue
        assert first is not None and second is not None and again is not None
        attributes = {"axis": axes.pop(), "epsilon": float(epsilon.reshape(-1)[0])}
        made = Node(node.name, "LayerNormalization", STANDARD, (first.inputs[0],), node.outputs, attributes)
        return made, [root, total, variance, square, again, centred, first, second]
    return None


def _producer(producers: Mapping[str, Node], node: Node | None, op: str, position: int) -> Node | None:
    """What writes input `position` of `node`, if that is an `op`."""
    if node is None or node.op != op or len(node.inputs) <= position:
        return None
    return producers.get(node.inputs[position])


def _mean_of(producers: Mapping[str, Node], centred: Node | None) -> Node | None:
    """The mean in `x - mean(x)`."""
    mean = _producer(producers, centred, "Sub", 1)
    if centred is None or mean is None or mean.op != "ReduceMean" or mean.inputs[:1] != centred.inputs[:1]:
        return None
    return mean


def _is_square(file: File, producers: Mapping[str, Node], node: Node) -> bool:
    if len(node.inputs) != 2:
        return False
    if node.op == "Mul":
        return node.inputs[0] == node.inputs[1]
    exponent = _constant(file, producers, node.inputs[1]) if node.op == "Pow" else None
    return exponent is not None and exponent.size == 1 and float(exponent.reshape(-1)[0]) == 2.0


def _axis(file: File, producers: Mapping[str, Node], mean: Node) -> int | None:
    """The only axis of a mean that keeps it."""
    axes = mean.attributes.get("axes")
    if axes is None and len(mean.inputs) > 1:
        found = _constant(file, producers, mean.inputs[1])
        axes = () if found is None else tuple(found.reshape(-1).tolist())
    if not isinstance(axes, tuple) or len(axes) != 1 or not isinstance(axes[0], int):
        return None
    return axes[0] if mean.attributes.get("keepdims", 1) == 1 else None


def _constant(file: File, producers: Mapping[str, Node], name: str) -> NDArray[Any] | None:
    if name in file.constants:
        return file.constants[name]  # numbers or truth values
    node = producers.get(name)
    if node is None or node.op != "Constant":
        return None
    array = constant_of(node)
    return array if array is not None and array.dtype.kind in "iuf" else None


def _without_unread(file: File, nodes: list[Node], candidates: list[Node]) -> tuple[Node, ...]:
    reads = Counter(name for node in nodes for name in node.inputs)
    reads.update(port.name for port in file.outputs)
    dropped: set[str] = set()
    for node in candidates:
        output = node.outputs[0]
        if output not in dropped and reads[output] == 0:
            dropped.add(output)
            reads.subtract(node.inputs)
    return tuple(node for node in nodes if not node.outputs or node.outputs[0] not in dropped)

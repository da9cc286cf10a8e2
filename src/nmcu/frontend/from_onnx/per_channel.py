"""Activations with a scale per channel, as NNCF quantises what depthwise convolutions read: scales move into weights.

`q = round(x / s[c])` is one quantisation of `x / s[c]`: the convolution before can give that, its weights divided, and
the depthwise convolution behind multiplies its own. Nothing is rounded anew, the codes stay what they are.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.from_onnx.file import STANDARD, File, Node, constant_of

_LAYERS = frozenset(["Conv", "ConvTranspose", "BatchNormalization"])
_HOMOGENEOUS = frozenset(["Relu", "LeakyRelu"])
"""Functions that a positive factor passes through."""


def uniform(file: File) -> File:
    """`file` with each such quantisation of a layer's result, read by depthwise convolutions only, made uniform."""
    wide = [node for node in file.nodes if node.op == "QuantizeLinear" and len(node.inputs) > 1]
    rewriting = _Rewriting(file)
    for node in wide:
        scale = rewriting.constant(node.inputs[1])
        if scale is not None and scale.size > 1 and scale.dtype.kind == "f" and (scale > 0).all():
            rewriting.take(node, scale.reshape(-1))
    return rewriting.result()


class _Rewriting:
    def __init__(self, file: File) -> None:
        self.file = file
        self.constants = dict(file.constants)
        self.replaced: dict[Node, Sequence[Node]] = {}
        self.writers = {name: node for node in file.nodes for name in node.outputs}
        self.readers: dict[str, list[Node]] = defaultdict(list)
        for node in file.nodes:
            for name in node.inputs:
                self.readers[name].append(node)
        self.outputs = {port.name for port in file.outputs}

    def result(self) -> File:
        nodes = [made for node in self.file.nodes for made in self.replaced.get(node, (node,))]
        return dataclasses.replace(self.file, nodes=tuple(nodes), constants=self.constants)

    def constant(self, name: str) -> NDArray[Any] | None:
        node = self.writers.get(name)
        return self.constants.get(name) if node is None else constant_of(node)

    def take(self, node: Node, scale: NDArray[Any]) -> None:
        chain = self._source(node)
        readers = self.readers[node.outputs[0]]
        zero = self._zero(node)
        if chain is None or zero is None or node.attributes.get("axis", 1) not in (1, -3):
            return
        convolutions = [conv for reader in readers for conv in self.readers[reader.outputs[0]]]
        if self.outputs & {node.outputs[0], *(reader.outputs[0] for reader in readers)}:
            return
        if not all(self._undoes(reader, node) for reader in readers):
            return
        if not convolutions or not all(self._depthwise(conv, scale.size) for conv in convolutions):
            return
        one, code = self._store(node, "one", np.ones((), np.float32)), self._store(node, "zero", zero)
        self._divide(node, chain, scale)
        for each in (node, *readers):
            self.replaced[each] = [_reading(each, each.inputs[0], one, code)]
        for conv in convolutions:
            self._multiply(conv, scale)

    def _source(self, node: Node) -> Node | None:
        """The layer whose result `node` quantises; functions in between, read by nothing else, let factors through."""
        name = node.inputs[0]
        while name in self.writers and len(self.readers[name]) == 1 and name not in self.outputs:
            writer = self.writers[name]
            if writer.op in _LAYERS:
                return None if writer in self.replaced else writer
            if writer.op not in _HOMOGENEOUS:
                return None
            name = writer.inputs[0]
        return None

    def _zero(self, node: Node) -> NDArray[Any] | None:
        """The zero point that all channels share."""
        zero = self.constant(node.inputs[2]) if len(node.inputs) > 2 else np.zeros(1, np.uint8)
        if zero is None or not zero.size or (zero != zero.reshape(-1)[0]).any():
            return None
        return np.asarray(zero.reshape(-1)[0])

    def _undoes(self, reader: Node, node: Node) -> bool:
        if reader.op != "DequantizeLinear" or len(reader.inputs) != len(node.inputs):
            return False
        pairs = zip(reader.inputs[1:], node.inputs[1:], strict=True)
        return all(_equal(self.constant(a), self.constant(b)) for a, b in pairs)

    def _depthwise(self, conv: Node, channels: int) -> bool:
        """A convolution with one input channel a group, whose quantised weights have constant scales."""
        if conv.op != "Conv" or conv.attributes.get("group", 1) != channels or conv in self.replaced:
            return False
        weights = self.writers.get(conv.inputs[1])
        if weights is None or weights.op != "DequantizeLinear":
            return False
        return self.constant(weights.inputs[1]) is not None and self._filters(weights) % channels == 0

    def _filters(self, weights: Node) -> int:
        """The output channels of the DequantizeLinear `weights`; 1 where they are not known."""
        scale, array = self.constant(weights.inputs[1]), self.constant(weights.inputs[0])
        assert scale is not None
        return scale.size if scale.size > 1 or array is None or not array.ndim else array.shape[0]

    def _divide(self, node: Node, layer: Node, scale: NDArray[Any]) -> None:
        whole = f"{layer.outputs[0]} whole"
        factor = self._store(node, "factor", (1 / scale.astype(np.float64)).reshape(-1, 1, 1))
        inner = dataclasses.replace(layer, outputs=(whole, *layer.outputs[1:]))
        divided = Node(f"{layer.name} by channel", "Mul", STANDARD, (whole, factor), layer.outputs[:1], {})
        self.replaced[layer] = [inner, divided]

    def _multiply(self, conv: Node, scale: NDArray[Any]) -> None:
        weights = self.writers[conv.inputs[1]]
        own = self.constant(weights.inputs[1])
        assert own is not None
        outputs = self._filters(weights)
        product = np.repeat(scale, outputs // scale.size) * own.reshape(-1)
        name = self._store(conv, "scale", product.astype(np.float32))
        zeros = weights.inputs[2:3]
        if zeros and (zero := self.constant(zeros[0])) is not None and zero.size == 1:
            zeros = (self._store(conv, "zero", np.repeat(zero, outputs)),)
        real = f"{conv.name} weights"
        made = Node(
            real, "DequantizeLinear", STANDARD, (weights.inputs[0], name, *zeros), (real,), {"axis": 0}
        )
        self.replaced[conv] = [
            made,
            dataclasses.replace(conv, inputs=(conv.inputs[0], real, *conv.inputs[2:])),
        ]

    def _store(self, node: Node, what: str, array: NDArray[Any]) -> str:
        name = f"{node.name} {what} per channel"
        self.constants[name] = array
        return name


def _reading(node: Node, x: str, scale: str, zero: str) -> Node:
    return dataclasses.replace(node, inputs=(x, scale, zero), attributes={})


def _equal(a: NDArray[Any] | None, b: NDArray[Any] | None) -> bool:
    return a is not None and b is not None and np.array_equal(a, b)

"""A file's nodes as a graph: who writes and reads a name, what is constant, of which type."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from nmcu.frontend.from_onnx.file import File, Node
from nmcu.frontend.from_onnx.foreign import model
from nmcu.frontend.from_onnx.foreign.model import Kind

QUANTIZE, DEQUANTIZE = "QuantizeLinear", "DequantizeLinear"
BORDER = frozenset([QUANTIZE, DEQUANTIZE])
"""What stands between the operators of a QDQ network."""


class Network:
    """`file`, asked from node to node."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.place = {node: index for index, node in enumerate(file.nodes)}
        self.writers: dict[str, Node] = {name: node for node in file.nodes for name in node.outputs if name}
        self.readers: dict[str, list[Node]] = defaultdict(list)
        for node in file.nodes:
            for name in dict.fromkeys(filter(None, node.inputs)):
                self.readers[name].append(node)
        self.outputs = frozenset(port.name for port in file.outputs)
        self.constant = self._constant()
        self.kinds: Mapping[str, Kind] = model.kinds(file)

    def before(self, node: Node) -> Iterator[Node]:
        """The nodes whose results `node` reads, constants left out."""
        for name in node.inputs:
            if name in self.writers and name not in self.constant:
                yield self.writers[name]

    def after(self, node: Node) -> Iterator[Node]:
        """The nodes that read a result of `node`."""
        for name in node.outputs:
            yield from self.readers.get(name, ())

    def is_float(self, name: str) -> bool:
        """Whether a tensor is float32, as far as is known."""
        found = self.kinds.get(name)
        return found is None or found.dtype == "float32"

    def quantises(self, node: Node) -> bool:
        """Whether `node` gives a tensor one constant scale and zero point."""
        whole = all(self.is_single(name) for name in node.inputs[1:])
        return node.op == QUANTIZE and not node.domain and whole

    def is_single(self, name: str) -> bool:
        """Whether a tensor is a constant with one element."""
        if name in self.file.constants:
            return self.file.constants[name].size == 1
        kind = self.kinds.get(name)
        return name in self.constant and kind is not None and kind.shape in ((), (1,))

    def _constant(self) -> frozenset[str]:
        found = set(self.file.constants)
        for node in self.file.nodes:
            if all(name in found for name in node.inputs if name):
                found.update(node.outputs)
        return frozenset(found)

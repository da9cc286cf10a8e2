"""The layers of a graph: what runs on the device, in execution order, as immutable values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Generic

import numpy as np
import onnx_ir as ir
from typing_extensions import TypeVar

from nmcu import sparsity
from nmcu.errors import ModelError, counted
from nmcu.graph import ops
from nmcu.graph.op import DOMAIN, Array, Op
from nmcu.graph.tensor import TensorInfo, from_value

OpT_co = TypeVar("OpT_co", bound=Op, default=Op, covariant=True)


@dataclass(frozen=True, eq=False, repr=False)
class Layer(Generic[OpT_co]):
    """One node that runs on the device. `name` is the model's own, unique, unescaped.

    `whole` is the layer that this one is a range of output channels or rows of, if it is one. `placed` are the numbers
    of inputs that lie where a layer that only moves data would put them, in its output's memory. `scratch` is memory
    beside its tensors that its kernel needs while it runs.
    """

    name: str
    op: OpT_co
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    constants: Mapping[str, Array]
    whole: "Layer[OpT_co] | None" = None
    placed: tuple[int, ...] = ()
    scratch: tuple[TensorInfo, ...] = ()

    def __repr__(self) -> str:
        shapes = [[tensor.shape for tensor in tensors] for tensors in (self.inputs, self.outputs)]
        return f"<Layer {self.name!r}: {self.kind}, {shapes[0]} to {shapes[1]}>"

    @property
    def kind(self) -> str:
        """The user-facing word: conv, depthwise, linear, add, ..."""
        return self.op.kind

    @property
    def tensors(self) -> tuple[TensorInfo, ...]:
        """All that lies in memory while it runs, but for its constants."""
        return *self.inputs, *self.outputs, *self.scratch

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations, zero weights counted."""
        return self.op.macs(self.inputs, self.outputs, self.constants)

    @cached_property
    def weights(self) -> tuple[Array, ...]:
        """The constants that are weights."""
        found = (self.constants[name] for name in self.op.WEIGHTS if name in self.constants)
        return tuple(weight for weight in found if weight.size)

    @property
    def form(self) -> tuple[object, ...]:
        """What the layer computes but for the values of its constants: operator and shapes."""
        shapes = (tuple(t.shape for t in tensors) for tensors in (self.inputs, self.outputs))
        return self.op, *shapes

    @property
    def weight_bytes(self) -> int:
        """Size of the dense weights in bytes; 0 for a layer without weights."""
        return sum(weight.nbytes for weight in self.weights)

    @cached_property
    def zeros(self) -> int:
        """Number of weights that are zero."""
        return sum(int(np.count_nonzero(weight == 0)) for weight in self.weights)

    @cached_property
    def pattern(self) -> sparsity.NMPattern | None:
        """The N:M pattern of the weights, which several matrices share; None for dense and for layers that no pattern
        applies to.

        A part has the pattern of its layer, which its kernel was chosen for, even where its own weights are sparser.
        """
        if self.whole is not None:
            return self.whole.pattern
        if not (isinstance(self.op, ops.Conv2d | ops.Linear) or self.op.matrices(self.inputs)):
            return None
        found = {sparsity.detect(weight) for weight in self.weights}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def support(self) -> sparsity.Support | None:
        """Which weights of a convolution or fully-connected layer may be non-zero; None where over half of them are not
        zero and no pattern holds, and for other layers.

        By the pattern, or one by one (`sparsity.natural`); of a part as of its layer.
        """
        if not isinstance(self.op, ops.Conv2d | ops.Linear):
            return None
        weight = self.constants["weight"]
        if self.whole is not None and self.whole.support is not None:
            pattern = self.whole.support.pattern
            return sparsity.of_pattern(weight, pattern) if pattern else sparsity.unstructured(weight)
        if self.pattern is None and 2 * self.zeros < weight.size:
            return None
        return sparsity.natural(weight, self.pattern)


def from_node(node: ir.Node, operators: Mapping[str, type[Op]] = ops.REGISTRY) -> Layer:
    """The layer of one `nmcu` node, border nodes included; raises `ModelError` for any other node."""
    if node.domain != DOMAIN or node.op_type not in operators:
        raise ModelError(
            f"node {node.name!r} is {node.domain}.{node.op_type}, not an operator of the integer graph"
        )
    op = operators[node.op_type].from_node(node)
    count = len(node.inputs) - len(op.CONSTANTS)
    if count < 0 or (op.INPUTS is not None and count != op.INPUTS) or None in node.inputs:
        raise ModelError(
            f"node {node.name!r} ({node.op_type}) has {counted(len(node.inputs), 'input')}, which do not fit"
        )
    values = [value for value in node.inputs if value is not None]
    constants = {}
    for (key, dtype), value in zip(op.CONSTANTS.items(), values[count:], strict=True):
        if value.const_value is None:
            raise ModelError(f"node {node.name!r} ({node.op_type}): {key} must be a constant")
        array = value.const_value.numpy()
        if array.dtype != np.dtype(dtype):
            raise ModelError(f"node {node.name!r} ({node.op_type}): {key} is {array.dtype}, must be {dtype}")
        constants[key] = array
    return Layer(
        name=node.name or "",
        op=op,
        inputs=tuple(from_value(value) for value in values[:count]),
        outputs=tuple(from_value(value) for value in node.outputs),
        constants=MappingProxyType(constants),
    )

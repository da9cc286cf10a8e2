"""An integer network as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import onnx_ir as ir

from nmcu.graph import ops, origin
from nmcu.graph.border import Border
from nmcu.graph.layer import Layer, from_node
from nmcu.graph.op import Op
from nmcu.graph.origin import Origin
from nmcu.graph.state import State, states
from nmcu.graph.tensor import TensorInfo, from_value

READ_FROM = "read from"
"""In the `meta` of a node."""


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """An `onnx_ir.Model` of nodes in the domain `nmcu`, and what it says, read once; nobody edits the model any more.

    `operators` are the classes of its nodes (and others) by `op_type`.
    """

    model: ir.Model
    operators: Mapping[str, type[Op]] = field(default_factory=lambda: ops.REGISTRY)

    def __repr__(self) -> str:
        return f"<Graph {self.name!r}: {len(self.model.graph)} nodes>"

    def __getstate__(self) -> Mapping[str, object]:
        """What is sent to another process: what was read of the model is read again there."""
        return {"model": self.model, "operators": dict(self.operators)}

    @property
    def name(self) -> str:
        """The model's own name, empty if it has none."""
        return self.model.graph.name or ""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the model file says of itself beside the network."""
        return MappingProxyType(self.model.metadata_props)

    @cached_property
    def nodes(self) -> tuple[Layer, ...]:
        """All nodes in execution order, those of the border included.

        Raises `ModelError` where one is no operator of the integer graph.
        """
        return tuple(self.read(node) for node in self.model.graph)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """What runs on the device, in execution order."""
        return tuple(n for n in self.nodes if not isinstance(n.op, ops.Encode | ops.Decode | ops.ReadState))

    @cached_property
    def states(self) -> tuple[State, ...]:
        """What lasts from one run to the next."""
        return states(self.nodes)

    @cached_property
    def border(self) -> Border:
        """The way from the model's own inputs to the device, and back to its outputs."""
        return Border(
            model_inputs=tuple(from_value(value) for value in self.model.graph.inputs),
            model_outputs=tuple(from_value(value) for value in self.model.graph.outputs),
            encoders=tuple(n for n in self.nodes if isinstance(n.op, ops.Encode)),
            decoders=tuple(n for n in self.nodes if isinstance(n.op, ops.Decode)),
        )

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        """The tensors the device reads, in the order of the model's inputs."""
        return tuple(encoder.outputs[0] for encoder in self.border.encoders)

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        """The tensors the device writes for the host, each once."""
        return tuple({d.inputs[0].name: d.inputs[0] for d in self.border.decoders}.values())

    @cached_property
    def origins(self) -> Mapping[str, tuple[Origin, ...]]:
        """The tensors of the model file that tensors of the graph hold, by the graph's names."""
        values = [*self.model.graph.inputs, *(v for node in self.model.graph for v in node.outputs)]
        found = {value.name or "": origin.read(value) for value in values}
        return MappingProxyType({name: origins for name, origins in found.items() if origins})

    @cached_property
    def read_from(self) -> Mapping[str, str]:
        """The first result of the model file's node that a layer was read from, by the layer's name."""
        found = {node.name or "": str(node.meta.get(READ_FROM, "")) for node in self.model.graph}
        return MappingProxyType({name: result for name, result in found.items() if result})

    def read(self, node: ir.Node) -> Layer:
        """One node of the model as it is now; raises `ModelError` where it is no operator of the integer graph."""
        return from_node(node, self.operators)

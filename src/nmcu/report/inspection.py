"""What a model consists of."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from nmcu.errors import counted
from nmcu.graph import Graph, Layer, State, carried
from nmcu.report.names import label
from nmcu.report.tables import pattern, shapes
from nmcu.report.units import size
from nmcu.result import Result
from nmcu.sparsity import moved


@dataclass(frozen=True, eq=False, repr=False)
class Inspection(Result):
    """A model, `graph`, looked at layer by layer."""

    model: str
    graph: Graph

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What runs on the device, in execution order."""
        return self.graph.layers

    @property
    def ports(self) -> list[str]:
        """A line for each input and output, name, type and shape as the model has them, and for each state."""
        edge = self.graph.border
        ports = [
            f"{kind} {label(info.name)}: {info.dtype} {shapes([info])}"
            for kind, infos in (("input", edge.model_inputs), ("output", edge.model_outputs))
            for info in infos
        ]
        states = self.graph.states
        return ports + [
            f"state {label(s.name)}: {s.tensor.dtype} {shapes([s.tensor])}{self._written(s)}" for s in states
        ]

    def _written(self, state: State) -> str:
        """What is special about how a state changes."""
        if state.next is None:
            return ", never written"
        made = next((each for each in carried(self.graph) if each.state == state.name), None)
        return f", input {label(made.input)} and output {label(made.output)} of the file" if made else ""

    @property
    def notes(self) -> list[str]:
        """A sentence for each layer whose pattern few weights break."""
        found = ((layer.name, layer.constants.get("weight")) for layer in self.layers)
        said = (
            (name, moved.sentence(weight))
            for name, weight in found
            if weight is not None and weight.ndim in (2, 4)
        )
        return [f"layer {label(name)}: {text}" for name, text in said if text]

    def __str__(self) -> str:
        macs = sum(layer.macs for layer in self.layers)
        weights = sum(layer.weight_bytes for layer in self.layers)
        zeros = sum(layer.zeros for layer in self.layers) / weights if weights else 0.0
        patterns = Counter(pattern(layer) for layer in self.layers if layer.weight_bytes)
        return "\n".join(
            [
                f"{label(self.model)}: {counted(len(self.layers), 'layer')}, {counted(macs, 'MAC')}",
                *self.ports,
                f"weights {size(weights)}, {zeros:.1%} of them zero; "
                + ", ".join(f"{counted(count, 'layer')} {name}" for name, count in patterns.most_common()),
                *self.notes,
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """Model, inputs and outputs in its own type and layout, states as the device has them, layers, and notes on
        them."""
        edge = self.graph.border
        ends = {
            kind: [{"name": info.name, "dtype": info.dtype, "shape": list(info.shape)} for info in infos]
            for kind, infos in (("inputs", edge.model_inputs), ("outputs", edge.model_outputs))
        }
        states = [
            {"name": s.name, "dtype": s.tensor.dtype, "shape": list(s.tensor.shape), "bytes": s.tensor.bytes}
            for s in self.graph.states
        ]
        return {"model": self.model, **ends, "states": states, "layers": self.rows(), "notes": self.notes}

    def rows(self) -> list[dict[str, Any]]:
        """The layers; `inputs` and `outputs` are shapes, `weight_bytes` the dense weights."""
        return [
            {
                "name": layer.name,
                "op": layer.kind,
                "inputs": [list(tensor.shape) for tensor in layer.inputs],
                "outputs": [list(tensor.shape) for tensor in layer.outputs],
                "macs": layer.macs,
                "weight_bytes": layer.weight_bytes,
                "zeros": layer.zeros,
                "pattern": pattern(layer),
            }
            for layer in self.layers
        ]

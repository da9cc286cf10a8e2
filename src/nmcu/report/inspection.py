"""What a model consists of."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from nmcu.errors import counted
from nmcu.graph import Graph, Layer
from nmcu.report.names import label
from nmcu.report.tables import pattern, shapes
from nmcu.report.units import size
from nmcu.result import Result


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
        """A line for each input and output: its name, type and shape as the model has them."""
        edge = self.graph.border
        return [
            f"{kind} {label(info.name)}: {info.dtype} {shapes([info])}"
            for kind, infos in (("input", edge.model_inputs), ("output", edge.model_outputs))
            for info in infos
        ]

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
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """Model, its inputs and outputs in its own type and layout, and layers."""
        edge = self.graph.border
        ends = {
            kind: [{"name": info.name, "dtype": info.dtype, "shape": list(info.shape)} for info in infos]
            for kind, infos in (("inputs", edge.model_inputs), ("outputs", edge.model_outputs))
        }
        return {"model": self.model, **ends, "layers": self.rows()}

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

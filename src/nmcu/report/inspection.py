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

    def __str__(self) -> str:
        edge = self.graph.border
        macs = sum(layer.macs for layer in self.layers)
        weights = sum(layer.weight_bytes for layer in self.layers)
        zeros = sum(layer.zeros for layer in self.layers) / weights if weights else 0.0
        patterns = Counter(pattern(layer) for layer in self.layers if layer.weight_bytes)
        ports = [
            f"{kind} {label(info.name)}: {info.dtype} {shapes([info])}"
            for kind, infos in (("input", edge.model_inputs), ("output", edge.model_outputs))
            for info in infos
        ]
        return "\n".join(
            [
                f"{label(self.model)}: {counted(len(self.layers), 'layer')}, {counted(macs, 'MAC')}",
                *ports,
                f"weights {size(weights)}, {zeros:.1%} of them zero; "
                + ", ".join(f"{counted(count, 'layer')} {name}" for name, count in patterns.most_common()),
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """Model and layers."""
        return {"model": self.model, "layers": self.rows()}

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

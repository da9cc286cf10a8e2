"""`nmcu inspect`: what a model consists of."""

from typing import Any

import nmcu
from nmcu import report
from nmcu.cli.options import JsonOption, ModelArgument
from nmcu.cli.output import progress, show, show_json
from nmcu.graph import Layer


def inspect(model: ModelArgument, json: JsonOption = False) -> None:
    """Show the layers of MODEL: shapes, multiply-accumulates, weights, zeros and N:M pattern."""
    with progress(model.name) as stage:
        stage("reading")
        layers = nmcu.load(model).layers
        rows = [_row(layer) for layer in layers]
    if json:
        show_json({"model": model.name, "layers": rows})
    else:
        show(report.layers_table(layers))


def _row(layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "op": layer.kind,
        "inputs": [list(tensor.shape) for tensor in layer.inputs],
        "outputs": [list(tensor.shape) for tensor in layer.outputs],
        "macs": layer.macs,
        "weight_bytes": layer.weight_bytes,
        "zeros": layer.zeros,
        "pattern": report.pattern(layer),
    }

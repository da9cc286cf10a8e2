"""`nmcu inspect`: what a model consists of."""

import nmcu
from nmcu import report
from nmcu.cli.options import JsonOption, ModelArgument
from nmcu.cli.output import progress, show, show_json


def inspect(model: ModelArgument, json: JsonOption = False) -> None:
    """Show the layers of MODEL: shapes, multiply-accumulates, weights, zeros, N:M pattern; its inputs and outputs."""
    with progress(model.name) as stage:
        stage("reading")
        found = nmcu.inspect(model)
    if json:
        show_json(found.to_json())
    else:
        show(report.layers_table(found.layers))
        for port in found.ports:
            show(port)

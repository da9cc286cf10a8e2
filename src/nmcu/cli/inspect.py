"""`nmcu inspect`: what a model consists of."""

import nmcu
from nmcu import report
from nmcu.cli.options import (
    FallbackOption,
    JsonOption,
    ModelArgument,
    SignatureOption,
    StateOption,
    named_states,
)
from nmcu.cli.output import progress, show, show_json


def inspect(
    model: ModelArgument,
    state: StateOption = None,
    signature: SignatureOption = None,
    fallback: FallbackOption = None,
    json: JsonOption = False,
) -> None:
    """Show the layers of MODEL: shapes, multiply-accumulates, weights, zeros, N:M pattern; its inputs and outputs."""
    from nmcu import api  # late: what else the API does is not needed for the help

    with progress(model.name) as stage:
        stage("reading")
        found = nmcu.inspect(api.read(model, named_states(state), signature, fallback))
    if json:
        show_json(found.to_json())
    else:
        show(report.layers_table(found.layers))
        for line in (*found.ports, *found.notes):
            show(line)

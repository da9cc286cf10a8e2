"""`nmcu fit`: one table of all chips."""

from typing import Annotated

import typer

import nmcu
from nmcu import report
from nmcu.cli.options import (
    FallbackOption,
    JobsOption,
    JsonOption,
    ModelArgument,
    SignatureOption,
    StateOption,
    known_targets,
    named_states,
)
from nmcu.cli.output import progress, show, show_json
from nmcu.cli.say import say


def fit(
    model: ModelArgument,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|FOLDER",
            help="Only this target (repeatable); without it all.",
            callback=known_targets,
        ),
    ] = None,
    state: StateOption = None,
    signature: SignatureOption = None,
    fallback: FallbackOption = None,
    jobs: JobsOption = 2,
    json: JsonOption = False,
) -> None:
    """Show for every target whether MODEL fits, what RAM and flash it takes, and simulated cycles.

    The exit code is 0 only if the outputs equal the reference, bit for bit, on every target that MODEL fits.
    """
    from nmcu import api  # late: what else the API does is not needed for the help

    with progress(model.name) as stage:
        found = nmcu.fit(
            api.read(model, named_states(state), signature, fallback), target, jobs=jobs, on_stage=stage
        )
    if json:
        show_json(found.to_json())
    else:
        show(report.fit_table(found))
    for chip in found.chips:
        if not chip.bit_exact:
            say(
                f"nmcu: {chip.mismatches} output values of {model} on {chip.target} differ from the reference"
            )
    if not found.bit_exact:
        raise typer.Exit(1)

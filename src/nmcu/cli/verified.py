"""The short form of `nmcu verify` inside other commands."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu import api
from nmcu.cli.output import progress
from nmcu.cli.say import say
from nmcu.graph import Graph
from nmcu.verification import Verdict

NoVerifyOption = Annotated[
    bool,
    typer.Option(
        "--no-verify",
        help="Do not compare what is read from MODEL with ONNX Runtime or LiteRT (see nmcu verify).",
    ),
]


def verified(
    model: Path, graph: Graph | None = None, *, signature: str | None = None, wanted: bool
) -> Verdict | None:
    """Whether the graph read from `model` agrees with its runtime; None where nobody wants to know."""
    if not wanted:
        return None
    with progress(model.name) as stage:
        stage("verifying")
        return api.verify_briefly(model, graph, signature=signature)


def exit_if_wrong(*verdicts: Verdict | None) -> None:
    """End the command, which has printed its results, where a layer was read wrong."""
    wrong = [verdict for verdict in verdicts if verdict is not None and not verdict.ok]
    for verdict in wrong:
        say(f"nmcu: {verdict}")
    if wrong:
        raise typer.Exit(1)

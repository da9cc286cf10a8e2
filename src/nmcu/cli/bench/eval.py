"""`nmcu bench eval`: how fast `nmcu eval` is."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench.eval import DEFAULT, eval_speed
from nmcu.cli.options import JsonOption
from nmcu.cli.output import progress, show, show_json


def eval_(
    model: Annotated[
        Path, typer.Argument(metavar="[MODEL]", help="An image classifier; by default the example ResNet8.")
    ] = DEFAULT,
    images: Annotated[int, typer.Option(min=1, help="How many images.")] = 1000,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Threads.")] = 2,
    json: JsonOption = False,
) -> None:
    """How many images per second `nmcu eval` classifies on this machine, decoding included."""
    with progress(model.name) as stage:
        stage("measuring")
        speed = eval_speed(model, images, jobs)
    if json:
        show_json(speed.to_json())
    else:
        show(str(speed))

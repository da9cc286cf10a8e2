"""`nmcu bench workers`: what several workers gain."""

from typing import Annotated

import typer

from nmcu.bench.workers import workers_speed
from nmcu.cli.options import JsonOption, SchedulerOption
from nmcu.cli.output import progress, show, show_json


def workers(
    jobs: Annotated[int, typer.Option(min=2, help="Workers.")] = 4,
    tasks: Annotated[int, typer.Option(min=1, help="How many tasks.")] = 32,
    seconds: Annotated[float, typer.Option(min=0.001, help="What each sleeps.")] = 0.5,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """How much faster than one several workers are at tasks that take time and no processor: what handing out costs."""
    with progress("workers") as stage:
        stage("measuring")
        speed = workers_speed(jobs, tasks, seconds, scheduler)
    if json:
        show_json(speed.to_json())
    else:
        show(str(speed))

"""`nmcu demo`: the example networks on the simulated cluster."""

import os
from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import Demo, report
from nmcu.bench import examples
from nmcu.cli.options import TargetOption
from nmcu.cli.output import progress, show
from nmcu.cli.say import say
from nmcu.report import Column, Grid, Kind


def demo(
    models: Annotated[
        Path, typer.Option("--models", metavar="DIR", help="Folder with the models and their metrics.json.")
    ] = examples.EXAMPLES,
    target: TargetOption = "cluster8",
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|FILE.parquet", help="Measure the accuracy on these images, too (see nmcu eval)."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Use only the first images.")] = None,
) -> None:
    """Run the example networks, check them bit for bit and show where their cycles go.

    The accuracy is the one that metrics.json states; with --data it is measured as well.
    """
    say(f"models: {models}")
    with progress("the examples") as stage:
        found = nmcu.demo(
            models,
            target=target,
            data=data,
            limit=limit,
            jobs=os.cpu_count() or 1,
            on_stage=stage,
            on_image=lambda done: stage(f"{done:,} images of"),
        )
    for example in found.examples:
        show(report.run_table(example.run))
    show(_comparison(found))
    if found.wrong:
        say(f"nmcu: outputs differ from the reference: {', '.join(found.wrong)}")
        raise typer.Exit(1)


def _comparison(found: Demo) -> Grid:
    measured = [example.measured for example in found.examples if example.measured]
    columns = (
        Column("model", Kind.NAME),
        Column("top-1", rank=3),
        *([Column("measured now", rank=1)] if measured else []),
        *(Column("cycles"), Column("ms", rank=6), Column("MAC/cycle", rank=4), Column("weights", rank=5)),
        Column("bit-exact", rank=2),
    )
    rows = []
    for example in found.examples:
        run, top1, now = example.run, example.stated, example.measured
        rows.append(
            (
                run.model,
                "" if top1 is None else f"{top1:.2f} %",
                *([f"{now.top1:.2f} % of {now.images:,}"] if now else []),
                f"{run.cycles:,}",
                f"{run.time_ms:.3f}",
                f"{run.macs_per_cycle:.2f}",
                report.size(run.memory.weight_bytes + run.memory.index_bytes),
                "yes" if run.bit_exact else "NO",
            )
        )
    return Grid(columns, rows)

"""`nmcu demo`: the example networks on the simulated cluster."""

from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import host, report
from nmcu.bench import examples
from nmcu.cli import accuracy
from nmcu.cli.options import TargetOption
from nmcu.cli.output import progress, show
from nmcu.cli.say import say
from nmcu.errors import NmcuError
from nmcu.report import Column, Grid, Kind, RunReport


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
    files = sorted(models.glob("*.onnx*"), key=lambda file: ("_dense" not in file.name, file.name))
    if not files:
        raise NmcuError(f"there are no models (*.onnx) in {models}: name a folder that has some in --models")
    if data is not None:
        next(host.images(data))
    say(f"models: {models}")
    runs, stated, measured = [], {}, {}
    for file in files:
        with progress(file.name) as stage:
            runs.append(nmcu.run(file, target=target, on_stage=stage))
        show(report.run_table(runs[-1]))
        stated[runs[-1].model] = examples.top1(file)
        if data is not None:
            measured[runs[-1].model] = accuracy.measure(file, data, limit, target=target)
    show(_comparison(runs, stated, measured))
    wrong = [run.model for run in runs if not run.bit_exact]
    if wrong:
        say(f"nmcu: outputs differ from the reference: {', '.join(wrong)}")
        raise typer.Exit(1)


def _comparison(
    runs: list[RunReport], stated: dict[str, float | None], measured: dict[str, host.Accuracy]
) -> Grid:
    columns = (
        Column("model", Kind.NAME),
        Column("top-1", rank=3),
        *([Column("measured now", rank=1)] if measured else []),
        *(Column("cycles"), Column("ms", rank=6), Column("MAC/cycle", rank=4), Column("weights", rank=5)),
        Column("bit-exact", rank=2),
    )
    rows = []
    for run in runs:
        top1, now = stated[run.model], measured.get(run.model)
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

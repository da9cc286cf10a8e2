"""`nmcu demo`: the example networks on the simulated cluster."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

import nmcu
from nmcu import host, report
from nmcu.cli.options import TargetOption
from nmcu.cli.output import counting, progress, say, show
from nmcu.errors import NmcuError
from nmcu.report import RunReport

EXAMPLES = Path(nmcu.__file__).parents[2] / "examples" / "models"


def demo(
    models: Annotated[
        Path, typer.Option("--models", metavar="DIR", help="Folder with the models and their metrics.json.")
    ] = EXAMPLES,
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
        raise NmcuError(
            f"there are no models in {models}: run the demo in a checkout, or name a folder in --models"
        )
    if data is not None:
        next(host.images(data))
    runs, measured = [], {}
    for file in files:
        with progress(file.name) as stage:
            runs.append(nmcu.run(file, target=target, on_stage=stage))
        show(report.run_table(runs[-1]))
        if data is not None:
            measured[runs[-1].model] = _measured(file, data, limit)
    show(_comparison(runs, _metrics(models / "metrics.json"), measured))
    wrong = [run.model for run in runs if not run.bit_exact]
    if wrong:
        say(f"nmcu: outputs differ from the reference: {', '.join(wrong)}")
        raise typer.Exit(1)


def _measured(file: Path, data: Path, limit: int | None) -> str:
    with counting(file.name) as tell:
        found = nmcu.evaluate(
            file,
            data,
            limit=limit,
            jobs=os.cpu_count() or 1,
            on_image=lambda done: tell(done, limit or 0, "images"),
        )
    return f"{found.top1:.2f} % of {found.images:,}"


def _metrics(path: Path) -> dict[str, Any]:
    try:
        metrics = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return metrics if isinstance(metrics, dict) else {}


def _comparison(runs: list[RunReport], metrics: dict[str, Any], measured: dict[str, str]) -> Table:
    table = Table("model", header_style="bold")
    headings = ["top-1", *(["measured now"] if measured else []), "cycles", "ms", "MAC/cycle", "weights"]
    for heading in (*headings, "bit-exact"):
        table.add_column(heading, justify="right")
    for run in runs:
        table.add_row(
            Text(report.printable(run.model)),
            _accuracy(metrics.get(run.model.partition(".")[0])),
            *([measured[run.model]] if measured else []),
            f"{run.cycles:,}",
            f"{run.time_ms:.3f}",
            f"{run.macs_per_cycle:.2f}",
            report.size(run.memory.weight_bytes + run.memory.index_bytes),
            "yes" if run.bit_exact else "NO",
        )
    return table


def _accuracy(entry: Any) -> str:
    top1 = entry.get("top1") if isinstance(entry, dict) else None
    return f"{top1:.2f} %" if isinstance(top1, int | float) else ""

"""`nmcu demo`: the example networks on the simulated cluster."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

import nmcu
from nmcu import report
from nmcu.cli.options import TargetOption
from nmcu.cli.output import progress, say, show
from nmcu.errors import NmcuError
from nmcu.report import RunReport

EXAMPLES = Path(nmcu.__file__).parents[2] / "examples" / "models"


def demo(
    models: Annotated[
        Path, typer.Option("--models", metavar="DIR", help="Folder with the models and their metrics.json.")
    ] = EXAMPLES,
    target: TargetOption = "cluster8",
) -> None:
    """Run the example networks, check them bit for bit and show where their cycles go."""
    files = sorted(models.glob("*.onnx"))
    if not files:
        raise NmcuError(
            f"there are no models in {models}: run the demo in a checkout, or name a folder in --models"
        )
    runs = []
    for file in files:
        with progress(file.name) as stage:
            runs.append(nmcu.run(file, target=target, on_stage=stage))
        show(report.run_table(runs[-1]))
    show(_comparison(runs, _metrics(models / "metrics.json")))
    wrong = [run.model for run in runs if not run.bit_exact]
    if wrong:
        say(f"nmcu: outputs differ from the reference: {', '.join(wrong)}")
        raise typer.Exit(1)


def _metrics(path: Path) -> dict[str, Any]:
    try:
        metrics = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return metrics if isinstance(metrics, dict) else {}


def _comparison(runs: list[RunReport], metrics: dict[str, Any]) -> Table:
    table = Table("model", header_style="bold")
    for heading in ("top-1", "cycles", "ms", "MAC/cycle", "weights", "bit-exact"):
        table.add_column(heading, justify="right")
    for run in runs:
        table.add_row(
            Text(report.printable(run.model)),
            _accuracy(metrics.get(Path(run.model).stem)),
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

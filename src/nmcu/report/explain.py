"""Why each layer runs on the kernel it runs on."""

from collections.abc import Iterable, Mapping

from rich.console import RenderableType

from nmcu import kernels
from nmcu.kernels import Kernel
from nmcu.plan import Plan
from nmcu.report.grid import Column, Grid, Heading, Kind, Row
from nmcu.report.run_report import RunReport

COLUMNS = (
    Column("kernel", Kind.NAME),
    Column("predicted"),
    Column("measured"),
    Column("error", rank=1),
    Column("tiling, or why not", Kind.TEXT, least=24),
)


def explain_table(
    plan: Plan, report: RunReport, known: Iterable[Kernel], kernel_names: str = "*"
) -> RenderableType:
    """Every one of the `known` kernels made for a layer: its best tiling's predicted cycles or why it cannot run it;
    what was measured."""
    machine = plan.machine
    rows: list[Row] = []
    for planned, measured in zip(plan.layers, report.layers, strict=True):
        if planned.kernel is None:
            continue
        rows.append(Heading(planned.name))
        chosen = f"{planned.cycles:,}", f"{measured.cycles:,}", f"{planned.cycles / measured.cycles - 1:+.1%}"
        rows.append((f"{planned.kernel.name} ←", *chosen, _tiling(planned.parameters)))
        for kernel in known:
            if kernel is planned.kernel or not kernel.runs(planned.layer):
                continue
            reason = kernels.fits(kernel, planned.layer, machine, kernel_names)
            found = [] if reason else kernel.candidates(planned.layer, machine)
            if not found:
                rows.append((kernel.name, "", "", "", reason or "no tile of it fits the compute memory"))
                continue
            best = min(found, key=lambda candidate: candidate.cycles)
            rows.append((kernel.name, f"{best.cycles:,}", "", "", _tiling(best.parameters)))
    return Grid(COLUMNS, rows)


def _tiling(parameters: Mapping[str, int]) -> str:
    return " ".join(f"{key}={value}" for key, value in parameters.items())

"""`nmcu bench kernels`: every kernel on single layers."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench.kernels import Selection, bench_kernels
from nmcu.bench.shapes import PATTERNS
from nmcu.bench.table import kernels_table
from nmcu.cli.bench.options import DEFAULT_ISAS, IsasOption, drawable, exit_unless_right, known_patterns
from nmcu.cli.options import JobsOption, JsonOption, SchedulerOption, TargetOption
from nmcu.cli.output import counting, show, show_json


def kernels(
    shapes: Annotated[
        str, typer.Option(metavar="GLOB", help="Shapes to measure, or the name of one of any other size.")
    ] = "*",
    kernels: Annotated[str, typer.Option(metavar="GLOB", help="Kernels to measure.")] = "*",
    patterns: Annotated[
        str, typer.Option(metavar="N:M,…", help="Patterns of the weights.", callback=known_patterns)
    ] = ",".join(PATTERNS),
    isa: IsasOption = DEFAULT_ISAS,
    target: TargetOption = "cluster8",
    l1_resident: Annotated[
        bool, typer.Option("--l1-resident", help="Operands start and stay in L1; only layers that fit it.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw speed-up against pattern, a panel per shape (.png, .svg or .pdf).",
            callback=drawable,
        ),
    ] = None,
    jobs: JobsOption = 2,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Measure every kernel on single layers: cycles, speed-up over the dense kernels, packed size, stalls.

    Each result is compared with the reference, bit for bit; the exit code is 0 only if all are equal. Results are
    kept: an interrupted run goes on where it stopped.
    """
    selection = Selection(
        shapes, kernels, tuple(patterns.split(",")), tuple(isa.split(",")), target, l1_resident
    )
    with counting("measuring") as count:
        found = bench_kernels(selection, jobs, count, scheduler)
    if json:
        show_json(found.to_json())
    else:
        show(kernels_table(found.measured))
    if plot is not None:
        from nmcu.bench.plot import plot_kernels  # late: Matplotlib takes longer to import than all of nmcu

        plot_kernels(found.measured, plot)
    exit_unless_right(found.failures, found.wrong)

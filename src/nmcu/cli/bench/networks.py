"""`nmcu bench networks`: whole networks, dense and pruned."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench.networks import PATTERNS, bench_networks
from nmcu.bench.table import networks_table
from nmcu.cli.bench.options import DEFAULT_ISAS, IsasOption, drawable, exit_unless_right, known_patterns
from nmcu.cli.options import JobsOption, JsonOption, SchedulerOption
from nmcu.cli.output import counting, show, show_json


def networks(
    networks: Annotated[str, typer.Option(metavar="GLOB", help="Networks to measure.")] = "*",
    patterns: Annotated[
        str,
        typer.Option(metavar="N:M,…", help="Patterns of the weights, or dense.", callback=known_patterns),
    ] = ",".join(PATTERNS),
    isa: IsasOption = DEFAULT_ISAS,
    kernels: Annotated[str, typer.Option(metavar="GLOB", help="Kernels to choose from.")] = "*",
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw speed-ups and where the cycles go (.png, .svg or .pdf).",
            callback=drawable,
        ),
    ] = None,
    jobs: JobsOption = 2,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Measure whole networks, dense and pruned: cycles, speed-up, bytes, predicted and measured.

    ResNet18 and the Vision Transformer are built here with random weights; the example networks come from a checkout,
    MLPerf Tiny's from the folder in NMCU_TEST_DATA. Outputs are compared with the reference, bit for bit; results are
    kept: an interrupted run goes on where it stopped.
    """
    with counting("measuring") as count:
        found = bench_networks(
            networks, tuple(patterns.split(",")), tuple(isa.split(",")), kernels, jobs, count, scheduler
        )
    if json:
        show_json(found.to_json())
    else:
        show(networks_table(found.measured))
    if plot is not None:
        # Late: Matplotlib takes longer to import than all of nmcu.
        from nmcu.bench.plot_networks import plot_networks

        plot_networks(found.measured, plot)
    exit_unless_right(found.failures, found.wrong)

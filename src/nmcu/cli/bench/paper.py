"""`nmcu bench paper`: published claims beside what is measured here."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench.paper import paper as paper_rows
from nmcu.bench.table import paper_table
from nmcu.cli.bench.options import drawable, exit_unless_right
from nmcu.cli.options import JobsOption, JsonOption
from nmcu.cli.output import counting, show, show_json
from nmcu.cli.say import say


def paper(
    area: Annotated[
        bool, typer.Option(help="Synthesise the core too (needs the extra nmcu[rtl]; four minutes at first).")
    ] = True,
    networks: Annotated[bool, typer.Option(help="Measure ResNet18 and the Vision Transformer too.")] = True,
    on_rtl: Annotated[
        bool,
        typer.Option(
            "--rtl/--no-rtl",
            help="Run the headline layers on the RTL too (needs the extra nmcu[rtl]; three minutes).",
        ),
    ] = True,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw the claims that are factors (.png, .svg or .pdf).", callback=drawable
        ),
    ] = None,
    jobs: JobsOption = 2,
    json: JsonOption = False,
) -> None:
    """One row per published claim: the paper's figure, its kernels as here, the best here without and with gmac."""
    with counting("measuring") as count:
        found = paper_rows(jobs, area, networks, on_rtl, count, say)
    if json:
        show_json(found.to_json())
    else:
        show(paper_table(found.measured))
    if plot is not None:
        from nmcu.bench.plot_paper import (
            plot_paper,
        )  # late: Matplotlib takes longer to import than all of nmcu

        plot_paper(found.measured, plot)
    exit_unless_right(found.failures)

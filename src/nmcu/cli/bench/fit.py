"""`nmcu bench fit`: the planner's cost model, fitted to measurements."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench.fit import fit as fit_costs
from nmcu.bench.table import errors_table
from nmcu.cli.bench.options import DEFAULT_ISAS, IsasOption, exit_unless_right
from nmcu.cli.options import JobsOption, JsonOption, SchedulerOption
from nmcu.cli.output import counting, show, show_json
from nmcu.cli.say import say
from nmcu.kernels.costs import COSTS_FILE


def fit(
    kernels: Annotated[str, typer.Option(metavar="GLOB", help="Kernels to fit.")] = "*",
    isa: IsasOption = DEFAULT_ISAS,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write the constants.")
    ] = Path(COSTS_FILE.name),
    check: Annotated[
        bool, typer.Option("--check", help="Fit nothing: only measure the error of the present constants.")
    ] = False,
    jobs: JobsOption = 2,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Fit the planner's cost model to measured layers and report its error, on shapes outside the fit too.

    The planner keeps its own constants: those of a checkout are in src/nmcu/kernels/costs.json.
    """
    with counting("measuring") as count:
        found = fit_costs(tuple(isa.split(",")), kernels, not check, jobs, count, scheduler)
    if not check and not found.failures:
        found.save_constants(out)
        say(f"constants written to {out}")
    if json:
        show_json(found.to_json())
    else:
        show(errors_table(found.errors))
    exit_unless_right(found.failures)

"""`nmcu rtl compare`: the simulator's cycles against the RTL's."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench import against_rtl
from nmcu.cli.options import JsonOption
from nmcu.cli.output import progress, show, show_json
from nmcu.report import Column, Grid, Kind


def compare(
    models: Annotated[
        list[Path] | None,
        typer.Option("--model", metavar="FILE", help="Network to compare (repeat); the examples without it."),
    ] = None,
    kernels: Annotated[bool, typer.Option(help="Compare every kernel on a few shapes.")] = True,
    json: JsonOption = False,
) -> None:
    """Run kernels and networks on the simulator and on the RTL and compare their cycles."""
    with progress("simulator and RTL") as stage:
        found = against_rtl.calibrate(models, kernels, on_case=stage)
    if json:
        show_json({"rows": found.to_json()})
        return
    lines = [
        (r.program, str(r.cores), f"{r.iss_cycles:,}", f"{r.rtl_cycles:,}", f"{r.error_percent:+.2f} %")
        for r in found
    ]
    numbers = (Column("cores", rank=1), Column("simulator"), Column("RTL"), Column("error"))
    show(Grid((Column("program", Kind.NAME), *numbers), lines))

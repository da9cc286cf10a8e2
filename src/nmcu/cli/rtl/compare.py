"""`nmcu rtl compare`: the simulator's cycles against the RTL's."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench import against_rtl
from nmcu.cli.bench.options import known_patterns
from nmcu.cli.options import JsonOption
from nmcu.cli.output import progress, show, show_json
from nmcu.report import Column, Grid, Kind


def compare(
    models: Annotated[
        list[Path] | None,
        typer.Option("--model", metavar="FILE", help="Network to compare (repeat); the examples without it."),
    ] = None,
    kernels: Annotated[bool, typer.Option(help="Compare every kernel on a few shapes.")] = True,
    shapes: Annotated[
        str | None,
        typer.Option(metavar="SHAPE,…", help="Compare kernels on these shapes instead, and no examples."),
    ] = None,
    patterns: Annotated[
        str,
        typer.Option(metavar="N:M,…", help="Patterns of the weights, or dense.", callback=known_patterns),
    ] = ",".join(against_rtl.PATTERNS),
    only: Annotated[str, typer.Option(metavar="GLOB", help="Compare these kernels only.")] = "*",
    json: JsonOption = False,
) -> None:
    """Run kernels and networks on the simulator and on the RTL and compare their cycles."""
    with progress("simulator and RTL") as stage:
        named = shapes.split(",") if shapes else None
        found = against_rtl.calibrate(models, kernels, named, patterns.split(","), only, stage)
    if json:
        show_json({"rows": found.to_json()})
        return
    lines = [
        (r.program, str(r.cores), f"{r.iss_cycles:,}", f"{r.rtl_cycles:,}", f"{r.error_percent:+.2f} %")
        for r in found
    ]
    numbers = (Column("cores", rank=1), Column("simulator"), Column("RTL"), Column("error"))
    show(Grid((Column("program", Kind.NAME), *numbers), lines))

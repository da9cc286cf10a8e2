"""`nmcu rtl compare`: the simulator's cycles against the RTL's."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench import against_rtl
from nmcu.bench.examples import EXAMPLES
from nmcu.cli.options import JsonOption
from nmcu.cli.output import progress, show, show_json
from nmcu.errors import NmcuError
from nmcu.report import Column, Grid, Kind
from nmcu.rtl.compare import Row as Comparison


def compare(
    models: Annotated[
        list[Path] | None,
        typer.Option("--model", metavar="FILE", help="Network to compare (repeat); the examples without it."),
    ] = None,
    kernels: Annotated[bool, typer.Option(help="Compare every kernel on a few shapes.")] = True,
    json: JsonOption = False,
) -> None:
    """Run kernels and networks on the simulator and on the RTL and compare their cycles."""
    files = models if models is not None else sorted(EXAMPLES.glob("*.onnx"))
    rows: list[Comparison] = []
    with progress("simulator and RTL") as stage:
        if kernels:
            rows += against_rtl.compare_kernels(list(against_rtl.cases()), on_case=stage)
        rows += against_rtl.compare_networks(files, on_case=stage)
    if not rows:
        raise NmcuError("nothing to compare: name a network in --model")
    if json:
        show_json({"rows": [row.to_json() for row in rows]})
        return
    lines = [
        (r.program, str(r.cores), f"{r.iss_cycles:,}", f"{r.rtl_cycles:,}", f"{r.error_percent:+.2f} %")
        for r in rows
    ]
    numbers = (Column("cores", rank=1), Column("simulator"), Column("RTL"), Column("error"))
    show(Grid((Column("program", Kind.NAME), *numbers), lines))

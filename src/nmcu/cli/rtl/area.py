"""`nmcu rtl area`: what extensions add to the core."""

from typing import Annotated

import typer

from nmcu.cli.options import JsonOption
from nmcu.cli.output import progress, show, show_json
from nmcu.cli.rtl.options import ExtensionsOption
from nmcu.report import Column, Grid, Kind, Row, Rule, Total
from nmcu.rtl.synthesis import CORE
from nmcu.rtl.synthesis import area as synthesise


def area(
    module: Annotated[
        str, typer.Option(metavar="NAME", help="Synthesise only this module of the core.")
    ] = CORE,
    isa: ExtensionsOption = "xdec",
    json: JsonOption = False,
) -> None:
    """Synthesise the core without and with extensions (xDecimate); areas in thousands of gate equivalents."""
    with progress("Yosys") as stage:
        found = synthesise(isa, module, progress=stage)
    if json:
        show_json(found.to_json())
        return
    rows: list[Row] = [
        (name, f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}")
        for name, (before, after) in found.modules.items()
        if before != after
    ]
    rows.append(Rule())
    rows.append(
        Total(("all", f"{found.core_kge:.3f}", f"{found.core_xdec_kge:.3f}", f"{found.delta_kge:+.3f}"))
    )
    show(Grid((Column("module", Kind.NAME), Column("without"), Column("with"), Column("difference")), rows))
    show(f"{isa}: {found.delta_kge:+.3f} kGE, {found.delta_percent:+.2f} % of {module} (kGE; 1 GE = NAND2)")

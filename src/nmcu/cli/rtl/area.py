"""`nmcu rtl area`: what extensions add to the core."""

from typing import Annotated

import typer

from nmcu.cli.options import JsonOption, known_isa
from nmcu.cli.output import progress, show, show_json
from nmcu.report import Column, Grid, Kind, Row, Rule, Total
from nmcu.rtl.synthesis import CORE, HEADLINE
from nmcu.rtl.synthesis import area as synthesise


def area(
    module: Annotated[
        str, typer.Option(metavar="NAME", help="Synthesise only this module of the core.")
    ] = CORE,
    isa: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FOLDER",
            help="Extensions, joined by +: these, each and together; without it all of nmcu's.",
            callback=known_isa,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Synthesise the core without and with extensions, in every combination: area in kGE, longest path.

    The modules are those of xDecimate unless `--isa` names others.
    """
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
    show(
        f"{isa or HEADLINE}: {found.delta_kge:+.3f} kGE, {found.delta_percent:+.2f} % of {module} (kGE; 1 GE = NAND2)"
    )
    columns = (Column("extensions", Kind.NAME), Column("kGE"), Column("area"), Column("longest path"))
    show(
        Grid(
            columns,
            [
                (c.isa, f"{c.core_kge:.2f}", f"{c.delta_percent:+.2f} %", f"{c.path_percent:+.2f} %")
                for c in found.combinations
            ],
        )
    )

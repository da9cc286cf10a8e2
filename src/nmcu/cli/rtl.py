"""`nmcu rtl`: the real core's RTL: area of extensions, differential tests, calibration of the simulator."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench import against_rtl
from nmcu.bench.examples import EXAMPLES
from nmcu.cli.options import JsonOption, known_isa
from nmcu.cli.output import counting, progress, say, show, show_json
from nmcu.errors import NmcuError
from nmcu.registry import Registry
from nmcu.report import Column, Grid, Kind, Row, Rule, Total
from nmcu.rtl.compare import Row as Comparison
from nmcu.rtl.fuzz import fuzz as fuzz_streams
from nmcu.rtl.synthesis import CORE
from nmcu.rtl.synthesis import area as synthesise

app = typer.Typer(help="The real core's RTL (needs the extra nmcu[rtl]).", no_args_is_help=True)


ExtensionsOption = Annotated[
    str,
    typer.Option(
        "--isa",
        metavar="NAME|FOLDER",
        help="What the core has: extensions, joined by +.",
        callback=known_isa,
    ),
]


@app.command("area")
def area(
    module: Annotated[
        str, typer.Option(metavar="NAME", help="Synthesise only this module of the core.")
    ] = CORE,
    isa: ExtensionsOption = "xdec",
    json: JsonOption = False,
) -> None:
    """Synthesise the core without and with extensions (xDecimate); areas in thousands of gate equivalents."""
    extensions = Registry.installed().isa(isa)
    with progress("Yosys") as stage:
        found = synthesise(extensions, module, progress=stage)
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


@app.command("fuzz")
def fuzz(
    minutes: Annotated[float, typer.Option(min=0.0, help="How long.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other streams.")] = 0,
    isa: ExtensionsOption = "xdec",
    json: JsonOption = False,
) -> None:
    """Compare random instruction streams on the simulator and on the RTL, instruction by instruction.

    The exit code is 0 only if no stream differs. Failing streams are minimised and printed as assembly.
    """
    with counting("seconds:") as tell:
        report = fuzz_streams(
            Registry.installed().isa(isa),
            seconds=60 * minutes,
            seed=seed,
            progress=say,
            on_stream=lambda n, seconds: tell(int(seconds), int(60 * minutes), f"{n} streams compared"),
        )
    if json:
        show_json(report.to_json())
    else:
        show(
            f"{report.streams} streams, {report.instructions:,} instructions compared in {report.seconds:.0f} s: "
            f"{len(report.failures)} streams differ"
        )
        for percent, worst in report.worst_error_percent.items():
            total = report.total_error_percent[percent]
            show(
                f"cycles with {percent} % stalled accesses: {total:+.3f} % in all, at most {worst:+.3f} % in a stream"
            )
        if report.causes:
            show("timing differences, RTL - simulator:")
            columns = (Column("cycles"), Column("places"), Column("example", Kind.TEXT))
            causes = [(f"{c.cycles:+d}", str(c.count), f"{c.first}; {c.second}") for c in report.causes[:20]]
            show(Grid(columns, causes))
        for failure in report.failures:
            say(f"\nseed {failure.seed}: {failure.comparison.mismatch} differs: {failure.comparison.detail}")
            say(failure.assembly)
    if report.failures:
        raise typer.Exit(1)


@app.command("compare")
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

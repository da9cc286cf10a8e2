"""`nmcu rtl fuzz`: random instructions on the simulator and on the RTL."""

from typing import Annotated

import typer

from nmcu.cli.options import JsonOption
from nmcu.cli.output import counting, show, show_json
from nmcu.cli.rtl.options import ExtensionsOption
from nmcu.cli.say import say
from nmcu.report import Column, Grid, Kind
from nmcu.rtl.fuzz import fuzz as fuzz_streams


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
            isa,
            seconds=60 * minutes,
            seed=seed,
            progress=say,
            on_stream=lambda n, seconds: tell(int(seconds), int(60 * minutes), f"{n} streams compared"),
        )
    if json:
        show_json(report.to_json())
    else:
        show(str(report))
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

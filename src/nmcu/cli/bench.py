"""`nmcu bench …`: the benchmarks behind the figures."""

import os
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from nmcu.bench.kernels import KernelRow, Selection, bench_kernels
from nmcu.bench.shapes import PATTERNS
from nmcu.bench.sim import sim_speed
from nmcu.cli.options import JsonOption, TargetOption
from nmcu.cli.output import counting, progress, say, show, show_json

app = typer.Typer(no_args_is_help=True, help="Measure kernels and the simulator.")


@app.command("kernels")
def kernels(
    shapes: Annotated[
        str, typer.Option(metavar="GLOB", help="Shapes to measure, or the name of another one.")
    ] = "*",
    kernels: Annotated[str, typer.Option(metavar="GLOB", help="Kernels to measure.")] = "*",
    patterns: Annotated[str, typer.Option(metavar="P,P,…", help="N:M patterns to measure.")] = ",".join(
        PATTERNS
    ),
    target: TargetOption = "cluster8",
    l1_resident: Annotated[
        bool, typer.Option("--l1-resident", help="Operands are in L1 from the start: no transfers.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = min(2, os.cpu_count() or 1),
    json: JsonOption = False,
) -> None:
    """Measure kernels on single layers: cycles, speed-up over the dense kernels, packed size, stalls.

    Every run is compared with the reference, bit for bit; the exit code is 0 only if all are equal.
    """
    chosen = tuple(pattern.strip() for pattern in patterns.split(",") if pattern.strip())
    selection = Selection(shapes, kernels, chosen, target=target, l1_resident=l1_resident)
    with counting("measuring") as tell:
        rows, failures = bench_kernels(selection, jobs, tell)
    if json:
        show_json([row.to_json() for row in rows])
    else:
        show(_table(rows))
    for failure in failures:
        say(f"nmcu: {failure.message}")
    wrong = [f"{row.shape} {row.pattern} {row.kernel}" for row in rows if not row.bit_exact]
    if wrong:
        say(f"nmcu: outputs differ from the reference: {', '.join(wrong)}")
    if wrong or failures:
        raise typer.Exit(1)


def _table(rows: Sequence[KernelRow]) -> Table:
    table = Table(header_style="bold")
    for heading in ("shape", "pattern", "kernel", "isa"):
        table.add_column(heading)
    for heading in ("cycles", "MAC/cycle", "over dense", "over 4x2", "weights", "of dense", "bit-exact"):
        table.add_column(heading, justify="right")
    for number, row in enumerate(rows):
        if number and row.shape != rows[number - 1].shape:
            table.add_section()
        table.add_row(
            row.shape,
            row.pattern,
            row.kernel,
            row.isa,
            f"{row.cycles:,}",
            f"{row.macs_per_cycle:.2f}",
            _times(row.speedup_vs_dense),
            _times(row.speedup_vs_dense_4x2),
            f"{row.packed_bytes:,}",
            f"{row.packed_bytes / row.dense_bytes:.1%}",
            "yes" if row.bit_exact else "NO",
        )
    return table


def _times(speedup: float | None) -> str:
    return "" if speedup is None else f"{speedup:.2f}x"


@app.command("sim")
def sim(json: JsonOption = False) -> None:
    """How many million instructions the simulator runs per second: one core, and eight with bank conflicts."""
    with progress("the simulator") as stage:
        stage("measuring")
        speed = sim_speed()
    if json:
        show_json(speed.as_dict())
    else:
        show(
            f"one core: {speed.one_core_mips} M instructions/s; eight cores: {speed.eight_core_mips} M/s in all"
        )

"""`nmcu bench …`: the benchmarks behind the figures."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench import examples
from nmcu.bench.eval import eval_speed
from nmcu.bench.figures import check_suffix
from nmcu.bench.fit import fit as fit_costs
from nmcu.bench.kernels import Selection, bench_kernels
from nmcu.bench.networks import DENSE, bench_networks
from nmcu.bench.networks import PATTERNS as NETWORK_PATTERNS
from nmcu.bench.paper import paper as paper_rows
from nmcu.bench.parallel import Failure
from nmcu.bench.shapes import PATTERNS
from nmcu.bench.sim import sim_speed
from nmcu.bench.table import errors_table, kernels_table, networks_table, paper_table
from nmcu.cli.differential import differential_
from nmcu.cli.options import JsonOption, TargetOption, known_isa
from nmcu.cli.output import counting, progress, say, show, show_json
from nmcu.kernels.costs import COSTS_FILE
from nmcu.sparsity import NMPattern

app = typer.Typer(no_args_is_help=True, help="Measure kernels and the simulator, fit the cost model.")
app.command("differential")(differential_)


def _known_patterns(text: str) -> str:
    for pattern in text.split(","):
        if pattern != DENSE:
            NMPattern.parse(pattern)
    return text


def _known_isas(text: str) -> str:
    for name in text.split(","):
        known_isa(name)
    return text


def _drawable(path: Path | None) -> Path | None:
    if path is not None:
        check_suffix(path)
    return path


IsasOption = Annotated[
    str,
    typer.Option(
        metavar="ISA,…",
        help="Instruction sets (as for --isa elsewhere); a kernel is measured on the first of them that it runs on.",
        callback=_known_isas,
    ),
]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="Processes that measure at the same time.")]


@app.command("kernels")
def kernels(
    shapes: Annotated[
        str, typer.Option(metavar="GLOB", help="Shapes to measure, or the name of one of any other size.")
    ] = "*",
    kernels: Annotated[str, typer.Option(metavar="GLOB", help="Kernels to measure.")] = "*",
    patterns: Annotated[
        str, typer.Option(metavar="N:M,…", help="Patterns of the weights.", callback=_known_patterns)
    ] = ",".join(PATTERNS),
    isa: IsasOption = "xcv,xdec",
    target: TargetOption = "cluster8",
    l1_resident: Annotated[
        bool, typer.Option("--l1-resident", help="Operands start and stay in L1; only layers that fit it.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw speed-up against pattern, a panel per shape (.png, .svg or .pdf).",
            callback=_drawable,
        ),
    ] = None,
    jobs: JobsOption = 2,
    json: JsonOption = False,
) -> None:
    """Measure every kernel on single layers: cycles, speed-up over the dense kernels, packed size, stalls.

    Each result is compared with the reference, bit for bit; the exit code is 0 only if all are equal. Results are
    kept: an interrupted run goes on where it stopped.
    """
    selection = Selection(
        shapes, kernels, tuple(patterns.split(",")), tuple(isa.split(",")), target, l1_resident
    )
    with counting("measuring") as count:
        rows, failures = bench_kernels(selection, jobs, count)
    if json:
        show_json([row.to_json() for row in rows])
    else:
        show(kernels_table(rows))
    if plot is not None:
        from nmcu.bench.plot import plot_kernels  # late: Matplotlib takes longer to import than all of nmcu

        plot_kernels(rows, plot)
    _exit_unless_right(failures, [f"{r.shape} {r.pattern} {r.kernel}" for r in rows if not r.bit_exact])


@app.command("networks")
def networks(
    networks: Annotated[str, typer.Option(metavar="GLOB", help="Networks to measure.")] = "*",
    patterns: Annotated[
        str,
        typer.Option(metavar="N:M,…", help="Patterns of the weights, or dense.", callback=_known_patterns),
    ] = ",".join(NETWORK_PATTERNS),
    isa: IsasOption = "xcv,xdec",
    kernels: Annotated[str, typer.Option(metavar="GLOB", help="Kernels to choose from.")] = "*",
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw speed-ups and where the cycles go (.png, .svg or .pdf).",
            callback=_drawable,
        ),
    ] = None,
    jobs: JobsOption = 2,
    json: JsonOption = False,
) -> None:
    """Measure whole networks, dense and pruned: cycles, speed-up, bytes, predicted and measured.

    ResNet18 and the Vision Transformer are built here with random weights; the example networks come from a checkout,
    MLPerf Tiny's from the folder in NMCU_TEST_DATA. Outputs are compared with the reference, bit for bit; results are
    kept: an interrupted run goes on where it stopped.
    """
    with counting("measuring") as count:
        rows, failures = bench_networks(
            networks, tuple(patterns.split(",")), tuple(isa.split(",")), kernels, jobs, count
        )
    if json:
        show_json([row.to_json() for row in rows])
    else:
        show(networks_table(rows))
    if plot is not None:
        from nmcu.bench.plot_networks import plot_networks  # late, as above

        plot_networks(rows, plot)
    _exit_unless_right(failures, [f"{r.network} {r.pattern} {r.isa}" for r in rows if not r.bit_exact])


@app.command("fit")
def fit(
    kernels: Annotated[str, typer.Option(metavar="GLOB", help="Kernels to fit.")] = "*",
    isa: IsasOption = "xcv,xdec",
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write the constants.")
    ] = Path(COSTS_FILE.name),
    check: Annotated[
        bool, typer.Option("--check", help="Fit nothing: only measure the error of the present constants.")
    ] = False,
    jobs: JobsOption = 2,
    json: JsonOption = False,
) -> None:
    """Fit the planner's cost model to measured layers and report its error, on shapes outside the fit too.

    The planner keeps its own constants: those of a checkout are in src/nmcu/kernels/costs.json.
    """
    with counting("measuring") as count:
        result, failures = fit_costs(tuple(isa.split(",")), kernels, not check, jobs, count)
    if not check and not failures:
        result.save(out)
        say(f"constants written to {out}")
    if json:
        show_json([asdict(error) for error in result.errors])
    else:
        show(errors_table(result.errors))
    _exit_unless_right(failures, [])


@app.command("paper")
def paper(
    area: Annotated[
        bool, typer.Option(help="Synthesise the core too (needs the extra nmcu[rtl]; two minutes at first).")
    ] = True,
    networks: Annotated[bool, typer.Option(help="Measure ResNet18 and the Vision Transformer too.")] = True,
    on_rtl: Annotated[
        bool,
        typer.Option(
            "--rtl/--no-rtl",
            help="Run the headline layer on the RTL too (needs the extra nmcu[rtl]; two minutes).",
        ),
    ] = True,
    jobs: JobsOption = 2,
    json: JsonOption = False,
) -> None:
    """One row per published claim: the paper's figure, its kernels as reproduced here, the best kernels here."""
    with counting("measuring") as count:
        rows, failures = paper_rows(jobs, area, networks, on_rtl, count, say)
    if json:
        show_json([row.to_json() for row in rows])
    else:
        show(paper_table(rows))
    _exit_unless_right(failures, [])


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


@app.command("eval")
def eval_(
    model: Annotated[
        Path, typer.Argument(metavar="[MODEL]", help="An image classifier; by default the example ResNet8.")
    ] = examples.EXAMPLES / "resnet8_dense.onnx",
    images: Annotated[int, typer.Option(min=1, help="How many images.")] = 1000,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Threads.")] = 2,
    json: JsonOption = False,
) -> None:
    """How many images per second `nmcu eval` classifies on this machine, decoding included."""
    with progress(model.name) as stage:
        stage("measuring")
        speed = eval_speed(model, images, jobs)
    if json:
        show_json(speed.as_dict())
    else:
        show(
            f"{speed.model}: {speed.images_per_second} images/s in {speed.threads} threads on {speed.cores} cores, "
            f"{speed.cpu_ms_per_image} ms of CPU time each"
        )


def _exit_unless_right(failures: Sequence[Failure], wrong: Sequence[str]) -> None:
    for failure in failures:
        say(f"nmcu: {failure.case}: {failure.message}")
    if wrong:
        say(f"nmcu: outputs differ from the reference: {'; '.join(wrong)}")
    if failures or wrong:
        raise typer.Exit(1)

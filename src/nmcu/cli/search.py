"""`nmcu search`: which pattern in which layer."""

from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import Front, api
from nmcu.api.searching import SAMPLES
from nmcu.api.sensing import PATTERNS
from nmcu.cli.options import (
    IsaOption,
    JobsOption,
    JsonOption,
    ModelArgument,
    ReconstructOption,
    SchedulerOption,
    SignatureOption,
    StateOption,
    TargetOption,
    memory_size,
    named_states,
)
from nmcu.cli.output import counting, show, show_json
from nmcu.cli.say import say
from nmcu.cli.verified import NoVerifyOption, exit_if_wrong, verified
from nmcu.pareto import Point
from nmcu.report import Column, Grid, Kind, check_folder


def search(
    model: ModelArgument,
    data: Annotated[
        Path, typer.Option(metavar="DIR|FILE", help="Images as for nmcu eval, or an .npz file of inputs.")
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="DIR", help="Folder for front.json, front.png and the networks."),
    ],
    patterns: Annotated[
        str, typer.Option(metavar="N:M,…", help="Patterns to choose from; each layer may stay dense, too.")
    ] = ",".join(PATTERNS),
    target: TargetOption = "cluster8",
    isa: IsaOption = None,
    max_cycles: Annotated[int | None, typer.Option(min=1, help="Cycles of a run.")] = None,
    max_ms: Annotated[float | None, typer.Option(help="Milliseconds of a run at the target's clock.")] = None,
    max_flash: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Flash of the program: 65536, 64K, 1M.")
    ] = None,
    min_accuracy: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="Samples that are right; the fastest is chosen.")
    ] = None,
    layers: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Layers to prune; without it all that can be.")
    ] = None,
    skip: Annotated[str, typer.Option(metavar="GLOB", help="Layers to leave as they are.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Samples that the search sees.")] = SAMPLES,
    held_out: Annotated[
        int, typer.Option(min=1, help="Samples behind those, on which the result is stated.")
    ] = SAMPLES,
    reconstruct: ReconstructOption = None,
    trials: Annotated[int, typer.Option(min=0, help="Assignments to try beside the model's optima.")] = 64,
    points: Annotated[int, typer.Option(min=1, help="Points of the front to keep.")] = 12,
    seed: Annotated[int, typer.Option(help="Of the search.")] = 0,
    state: StateOption = None,
    signature: SignatureOption = None,
    jobs: JobsOption = 2,
    scheduler: SchedulerOption = None,
    no_verify: NoVerifyOption = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files in DIR that nmcu did not write.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find which pattern each layer should have: the best trade-offs of accuracy and cycles, without training.

    The additive model's exact optima first, then those of the model fitted to what was found; all of it evaluated on
    DATA and on the simulator.
    With --max-cycles, --max-ms, --max-flash or --min-accuracy one point is chosen; the exit code is 1 where none keeps
    them, and the sentence names the nearest. Needs the extra nmcu[search], unless --trials is 0.
    """
    check_folder(out, {"front.json": b"", "front.png": b""}, force=force)
    network = api.read(model, named_states(state), signature)
    verdict = verified(model, network.graph, signature=signature, wanted=not no_verify)
    exit_if_wrong(verdict)  # before what takes long
    with counting(model.name) as tell:
        stage = ""

        def begin(what: str) -> None:
            nonlocal stage
            stage = what
            tell(0, 0, what)

        found = nmcu.search(
            network,
            data,
            patterns.split(","),
            target=target,
            isa=isa,
            max_cycles=max_cycles,
            max_ms=max_ms,
            max_flash=None if max_flash is None else memory_size(max_flash),
            min_accuracy=min_accuracy,
            layers=layers,
            skip=skip,
            limit=limit,
            held_out=held_out,
            reconstruct=reconstruct,
            trials=trials,
            points=points,
            seed=seed,
            jobs=jobs,
            scheduler=scheduler,
            on_stage=begin,
            on_piece=lambda done, total, last: tell(done, total, f"{stage} {last}"),
        )
        found.save(out, force=force)
    if json:
        show_json({**found.to_json(), "verified": verdict and verdict.to_json()})
    else:
        show(_table(found))
        show(str(found))
        if verdict is not None:
            show(f"reading: {verdict.text}")
    say(f"written to {out}")


def _table(found: Front) -> Grid:
    top1 = found.metric == "top1"
    columns = (
        Column("point", Kind.NAME),
        Column("cycles"),
        Column("ms", rank=2),
        Column("top-1" if top1 else found.metric),
        Column("as searched", rank=1),
        Column("patterns", Kind.TEXT, rank=3),
    )
    return Grid(columns, [_row(found, point) for point in (*found.points, *found.uniform)])


def _row(found: Front, point: Point) -> tuple[str, ...]:
    unseen, seen = (score.value(found.metric) for score in (point.unseen, point.seen))
    form = "{:.2f} %" if found.metric == "top1" else "{:.3g}"
    return (
        point.name + (" (chosen)" if found.chosen is point else ""),
        f"{point.cycles:,}",
        f"{found.time_ms(point):.3f}",
        form.format(unseen),
        form.format(seen),
        str(point.assignment),
    )

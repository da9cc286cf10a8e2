"""`nmcu sensitivity`: what pruning each layer alone does."""

from pathlib import Path
from typing import Annotated, cast

import typer

import nmcu
from nmcu import api
from nmcu.api.sensing import PATTERNS
from nmcu.cli.options import (
    FallbackOption,
    IsaOption,
    JobsOption,
    JsonOption,
    MeanOption,
    ModelArgument,
    ReconstructOption,
    SchedulerOption,
    SignatureOption,
    StateOption,
    StdOption,
    TargetOption,
    named_states,
    numbers,
)
from nmcu.cli.output import counting, show, show_json
from nmcu.cli.verified import NoVerifyOption, exit_if_wrong, verified
from nmcu.layerwise import METRICS, Metric
from nmcu.layerwise.table import table
from nmcu.report.figures import check_suffix


def _known_metric(name: str | None) -> str | None:
    if name is not None and name not in METRICS:
        raise typer.BadParameter(f"unknown metric {name!r}; known: {', '.join(METRICS)}")
    return name


def sensitivity(
    model: ModelArgument,
    data: Annotated[
        Path,
        typer.Option(
            metavar="DIR|FILE.parquet|FILE.npz",
            help="Images as of nmcu eval, or without labels; or arrays by input name, and classes in `label`.",
        ),
    ],
    patterns: Annotated[
        str, typer.Option(metavar="N:M[xG],…", help="What to prune each layer to.")
    ] = ",".join(PATTERNS),
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="top1|kl|mse",
            help="What a loss is: points of accuracy, or how far outputs are from the unpruned network's. "
            "Without it top1 where the data have labels, else kl.",
            callback=_known_metric,
        ),
    ] = None,
    layers: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Layers to look at; without it all.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Layers to leave out.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Use only the first samples.")] = None,
    mean: MeanOption = None,
    std: StdOption = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Simulate every pruned network, too; seconds for each.")
    ] = False,
    reconstruct: ReconstructOption = None,
    float_model: Annotated[
        Path | None,
        typer.Option(
            "--float",
            metavar="FLOAT.onnx",
            help="Add each layer's signal-to-noise against its float network.",
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png|.svg|.pdf", help="Draw the heat map: layers down, patterns across."),
    ] = None,
    target: TargetOption = "cluster8",
    isa: IsaOption = None,
    state: StateOption = None,
    signature: SignatureOption = None,
    fallback: FallbackOption = None,
    jobs: JobsOption = 2,
    scheduler: SchedulerOption = None,
    no_verify: NoVerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Prune each layer of MODEL alone, to each pattern: what becomes of accuracy, cycles and weights?

    The smallest int8 weights of each block become zero; nothing is trained. Cycles and weights' bytes are those of
    --target with --isa. What a run that ended early has computed is kept: the next one goes on there.
    """
    if picture is not None:
        check_suffix(picture)
    with counting(model.name) as tell:
        tell(0, 0, "reading")
        network = api.read(model, named_states(state), signature, fallback)
        found = nmcu.sensitivity(
            network,
            data,
            patterns.split(","),
            metric=cast(Metric | None, metric),
            layers=layers,
            skip=skip or (),
            limit=limit,
            mean=numbers(mean),
            std=numbers(std),
            target=target,
            isa=isa,
            measure=measure,
            reconstruct=reconstruct,
            float_model=float_model,
            jobs=jobs,
            scheduler=scheduler,
            on_stage=lambda stage: tell(0, 0, stage),
            on_piece=tell,
        )
    verdict = verified(model, network.graph, signature=signature, wanted=not no_verify)
    if picture is not None:
        found.save(picture)
    if json:
        show_json({**found.to_json(), "verified": verdict and verdict.to_json()})
    else:
        show(table(found))
        show(str(found))
        if verdict is not None:
            show(f"reading: {verdict.text}")
    exit_if_wrong(verdict)

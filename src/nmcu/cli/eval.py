"""`nmcu eval`: accuracy over a data set."""

import os
from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import api
from nmcu.cli.options import (
    FallbackOption,
    IsaOption,
    JsonOption,
    KeepStateOption,
    MeanOption,
    ModelArgument,
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


def eval_(
    model: ModelArgument,
    data: Annotated[
        Path,
        typer.Option(metavar="DIR|FILE.parquet", help="Folder of one folder per class, or a Parquet file."),
    ],
    target: TargetOption = "cluster8",
    isa: IsaOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Use only the first images.")] = None,
    mean: MeanOption = None,
    std: StdOption = None,
    state: StateOption = None,
    signature: SignatureOption = None,
    fallback: FallbackOption = None,
    keep_state: KeepStateOption = False,
    jobs: Annotated[int, typer.Option(min=1, help="Threads.")] = os.cpu_count() or 1,
    scheduler: SchedulerOption = None,
    no_verify: NoVerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Classify the images in DATA with the program the device would run, built for this machine.

    It is planned for --target and --isa, as by nmcu run; here its kernels are portable C, the same bit for bit.
    The model's input is (pixel / 255 - mean) / std; a model whose input scale is 0.5 or more takes the pixel.
    """
    with counting(model.name) as tell:
        tell(0, 0, "reading")
        network = api.read(model, named_states(state), signature, fallback)
        result = nmcu.evaluate(
            network,
            data,
            target=target,
            isa=isa,
            limit=limit,
            mean=numbers(mean),
            std=numbers(std),
            jobs=jobs,
            scheduler=scheduler,
            keep_state=keep_state,
            on_stage=lambda stage: tell(0, 0, stage),
            on_image=lambda done: tell(done, limit or 0, "images"),
        )
    verdict = verified(model, network.graph, signature=signature, wanted=not no_verify)
    if json:
        show_json({**result.to_json(), "verified": verdict and verdict.to_json()})
    else:
        show(str(result))
        if verdict is not None:
            show(f"reading: {verdict.text}")
    exit_if_wrong(verdict)

"""`nmcu compare`: where int8 leaves the float network."""

from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import api
from nmcu.api.comparing import SAMPLES
from nmcu.cli.options import (
    JsonOption,
    MeanOption,
    ModelArgument,
    SignatureOption,
    StateOption,
    StdOption,
    named_states,
    numbers,
)
from nmcu.cli.output import progress, show, show_json
from nmcu.layerwise.comparison import table


def compare(
    model: ModelArgument,
    float_model: Annotated[
        Path,
        typer.Option("--float", metavar="FLOAT.onnx", help="The float model that MODEL was made from."),
    ],
    data: Annotated[
        Path,
        typer.Option(
            metavar="DIR|FILE.parquet|FILE.npz",
            help="Images as of nmcu eval, or without labels; or arrays by input name.",
        ),
    ],
    limit: Annotated[int, typer.Option(min=1, help="Use only the first samples.")] = SAMPLES,
    mean: MeanOption = None,
    std: StdOption = None,
    state: StateOption = None,
    signature: SignatureOption = None,
    json: JsonOption = False,
) -> None:
    """Signal-to-noise of every layer of MODEL against its float network, worst first, and what to look at.

    ONNX Runtime runs the float model. Layers are matched with its tensors by name, else by place and values; those
    that match none are named.
    """
    with progress(model.name) as stage:
        stage("reading")
        network = api.read(model, named_states(state), signature)
        found = nmcu.compare(
            network,
            float_model,
            data,
            limit=limit,
            mean=numbers(mean),
            std=numbers(std),
            on_stage=stage,
        )
    if json:
        show_json(found.to_json())
    else:
        show(table(found))
        show(str(found))

"""`nmcu prune`: an N:M-sparse model from a dense one, without training."""

from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import Pruned, api
from nmcu.cli.options import (
    IsaOption,
    JsonOption,
    MeanOption,
    ModelArgument,
    ReconstructOption,
    SignatureOption,
    StateOption,
    StdOption,
    TargetOption,
    named_states,
    numbers,
)
from nmcu.cli.output import progress, show, show_json
from nmcu.cli.say import say
from nmcu.cli.verified import NoVerifyOption, exit_if_wrong, verified
from nmcu.operators import check_suffix
from nmcu.report import Column, Grid, Kind


def prune(
    model: ModelArgument,
    pattern: Annotated[
        str,
        typer.Option(
            "--pattern",
            metavar="N:M[xG]",
            help="What to prune to: 1:8, 1:16, 1:8x4.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="OUT", help="QDQ ONNX file to write, or TFLite where MODEL is."),
    ],
    layers: Annotated[
        str | None,
        typer.Option(
            metavar="GLOB",
            help="Layers to prune; without it all but the first convolution and the last layer.",
        ),
    ] = None,
    skip: Annotated[str, typer.Option(metavar="GLOB", help="Layers to leave as they are.")] = "",
    reconstruct: ReconstructOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    state: StateOption = None,
    signature: SignatureOption = None,
    target: TargetOption = "cluster8",
    isa: IsaOption = None,
    no_verify: NoVerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Prune the weights of MODEL by magnitude, block by block, and write the result as QDQ ONNX, or as MODEL is.

    The smallest quantised weights of each block become zero; nothing is trained, so accuracy needs fine-tuning. With
    --reconstruct the weights that stay are chosen by what the layers' results lose without them, and make up for the
    others (and the file is ONNX: their scales are their own).

    Where the pattern is predicted to gain no speed (on --target with --isa), a sentence on standard error says so.
    """
    as_tflite = out.suffix.lower() == ".tflite" and ".tflite" in map(str.lower, model.suffixes)
    if not as_tflite or reconstruct is not None:
        check_suffix(out)
    with progress(model.name) as stage:
        stage("reading")
        network = api.read(model, named_states(state), signature)
        pruned = nmcu.prune(
            network,
            pattern,
            layers=layers,
            skip=skip,
            reconstruct=reconstruct,
            mean=numbers(mean),
            std=numbers(std),
            target=target,
            isa=isa,
            on_stage=stage,
        )
        pruned.save(out)
    graphs = ((model, network.graph, signature), (out, None, None))
    verdicts = [verified(path, graph, signature=name, wanted=not no_verify) for path, graph, name in graphs]
    if json:
        kept = [verdict.to_json() for verdict in verdicts if verdict is not None]
        show_json({**pruned.to_json(), "out": str(out), "verified": kept or None})
    else:
        show(_table(pruned))
        for verdict in verdicts:
            if verdict is not None:
                show(str(verdict))
    say(pruned.advice)
    exit_if_wrong(*verdicts)


def _table(pruned: Pruned) -> Grid:
    columns = (
        Column("layer", Kind.NAME),
        Column("op", Kind.WORD, rank=2),
        Column("pruned to", Kind.TEXT),
        Column("weights", rank=1),
    )
    rows = []
    for row in pruned.rows():
        became = row["pattern"] or f"as it was: {row['reason']}"
        rows.append((row["name"], row["op"], became, f"{row['weight_bytes']:,}"))
    return Grid(columns, rows)

"""`nmcu prune`: an N:M-sparse model from a dense one, without training."""

import warnings
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer

import nmcu
from nmcu.cli.options import IsaOption, JsonOption, ModelArgument, TargetOption
from nmcu.cli.output import progress, show, show_json
from nmcu.cli.say import say
from nmcu.errors import NmcuError, NoGainWarning
from nmcu.graph.prune import Choice, choose
from nmcu.graph.prune import prune as prune_graph
from nmcu.kernels import Machine, gain, no_gain, without_gain
from nmcu.operators import check_suffix, save
from nmcu.registry import Registry
from nmcu.report import Column, Grid, Kind, label
from nmcu.sparsity import NMPattern

FINE_TUNING = "accuracy was not looked at: a pruned network needs fine-tuning to get it back (see nmcu.train)"


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
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT.onnx", help="QDQ ONNX file to write.")],
    layers: Annotated[
        str | None,
        typer.Option(
            metavar="GLOB",
            help="Layers to prune; without it all but the first convolution and the last layer.",
        ),
    ] = None,
    skip: Annotated[str, typer.Option(metavar="GLOB", help="Layers to leave as they are.")] = "",
    target: TargetOption = "cluster8",
    isa: IsaOption = "xcv",
    json: JsonOption = False,
) -> None:
    """Prune the weights of MODEL by magnitude, block by block, and write the result as QDQ ONNX.

    The smallest quantised weights of each block become zero; nothing is trained, so accuracy needs fine-tuning.
    Where the pattern is predicted to gain no speed (on --target with --isa), a sentence on standard error says so.
    """
    parsed, registry = NMPattern.parse(pattern), Registry.installed()
    check_suffix(out)
    with progress(model.name) as stage:
        stage("reading")
        graph = nmcu.load(model)
        choices = choose(graph, parsed, layers, skip)
        for option, glob in (("--layers", layers), ("--skip", skip)):
            if glob and not any(fnmatchcase(choice.layer.name, glob) for choice in choices):
                names = ", ".join(label(c.layer.name) for c in choices)
                raise NmcuError(f"{option} {glob!r} matches no layer with weights; there are: {names}")
        named = [choice.layer.name for choice in choices if choice.reason is None]
        if not named:
            found = "; ".join(f"{label(c.layer.name)}: {c.reason}" for c in choices)
            found = found or "it has no layers with weights"
            raise NmcuError(f"there is nothing to prune in {model}: {found}")
        stage("pruning")
        pruned = prune_graph(graph, dict.fromkeys(named, parsed))
        save(pruned, out, registry.operators.values())
        stage("predicting")
        machine = Machine(registry.target(target), registry.isa(isa))
        kernels = registry.kernels.values()
        gains = {layer.name: gain(kernels, layer, machine) for layer in pruned.layers if layer.name in named}
        slow = without_gain(gains)
    if json:
        show_json(
            {
                "model": model.name,
                "out": str(out),
                "pattern": pattern,
                "layers": [_row(c, parsed) for c in choices],
            }
        )
    else:
        show(_table(choices, parsed))
    if slow:
        warnings.warn(no_gain({pattern: slow}, machine), NoGainWarning, stacklevel=1)
    say(FINE_TUNING)


def _row(choice: Choice, pattern: NMPattern) -> dict[str, Any]:
    layer = choice.layer
    return {
        "name": layer.name,
        "op": layer.kind,
        "weight_bytes": layer.weight_bytes,
        "pattern": str(pattern) if choice.reason is None else None,
        "reason": choice.reason,
    }


def _table(choices: tuple[Choice, ...], pattern: NMPattern) -> Grid:
    columns = (
        Column("layer", Kind.NAME),
        Column("op", Kind.WORD, rank=2),
        Column("pruned to", Kind.TEXT),
        Column("weights", rank=1),
    )
    rows = []
    for choice in choices:
        result = f"as it was: {choice.reason}" if choice.reason else str(pattern)
        rows.append((choice.layer.name, choice.layer.kind, result, f"{choice.layer.weight_bytes:,}"))
    return Grid(columns, rows)

"""`nmcu verify`: what was read from a model file, against the runtime that others run it with."""

from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu.cli.options import (
    FallbackOption,
    JsonOption,
    KeepStateOption,
    ModelArgument,
    SignatureOption,
    StateOption,
    named_states,
)
from nmcu.cli.output import counting, show, show_json
from nmcu.cli.say import say
from nmcu.errors import NmcuError
from nmcu.report import Column, Grid, Kind
from nmcu.verification import Verdict
from nmcu.verification.inputs import COUNT


def verify(
    model: ModelArgument,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs",
            metavar="FILE.npz",
            help="Arrays by input name to compare on, with or without a leading axis of samples.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR|FILE.parquet", help="Images to compare on, as nmcu eval takes them."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Use only the first images.")] = COUNT,
    state: StateOption = None,
    signature: SignatureOption = None,
    fallback: FallbackOption = None,
    keep_state: KeepStateOption = False,
    json: JsonOption = False,
) -> None:
    """Compare what nmcu reads from MODEL with ONNX Runtime or LiteRT (nmcu[verify]), layer by layer.

    Each layer is fed the runtime's own tensors, on extreme, random and the given inputs. The exit code is 1 where one
    leaves its operator's tolerance; a difference of the outputs that no layer explains is told with its size.
    """
    with counting(model.name) as tell:
        found = nmcu.verify(
            model,
            inputs,
            data,
            limit=limit,
            states=named_states(state),
            signature=signature,
            keep_state=keep_state,
            fallback=fallback,
            on_input=lambda done, total: tell(done, total, "inputs"),
        )
    if json:
        show_json(found.to_json())
    elif found.checked:
        show(_table(found))
        show(found.text)
    if not found.checked:
        raise NmcuError(str(found))
    if not found.ok:
        say(f"nmcu: {found}")
        raise typer.Exit(1)


def _table(found: Verdict) -> Grid:
    columns = (
        Column("layer", Kind.NAME),
        Column("op", Kind.WORD),
        Column("steps"),
        Column("allowed", rank=1),
    )
    return Grid(
        columns, [(each.name, each.op, f"{each.steps:.3g}", f"{each.allowed:.3g}") for each in found.layers]
    )

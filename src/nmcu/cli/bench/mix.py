"""`nmcu bench mix`: what the kernels' time consists of, for predictions on other kinds of core."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.api import load
from nmcu.bench.mix import mixes
from nmcu.bench.table import mixes_table
from nmcu.cli.options import JsonOption
from nmcu.cli.output import show, show_json
from nmcu.cli.say import say
from nmcu.kernels.mix import MIXES_FILE


def mix(
    models: Annotated[
        list[Path] | None,
        typer.Argument(metavar="MODEL…", help="Networks whose kernels are counted, beside single layers."),
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write the mixes.")
    ] = Path(MIXES_FILE.name),
    json: JsonOption = False,
) -> None:
    """Count loads, products, branches and reads of constants in each kernel's time, in plain RV32IM.

    From them the planner predicts how long kernels take on other kinds of core than the one its costs were measured on.
    Kernels that nothing here runs keep their counts; those of a checkout are in src/nmcu/kernels/mixes.json.
    """
    found = mixes([load(path) for path in models or ()])
    found.save_mixes(out)
    say(f"mixes of {found.layers} layers written to {out}")
    if json:
        show_json(found.to_json())
    else:
        show(mixes_table(found.rows()))

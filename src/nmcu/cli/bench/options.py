"""Options of benchmarks, and how one ends."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench.isas import ISAS
from nmcu.bench.networks import DENSE
from nmcu.cli.options import known_isa
from nmcu.cli.say import say
from nmcu.report.figures import check_suffix
from nmcu.sparsity import NMPattern
from nmcu.work import Failure


def known_patterns(text: str) -> str:
    """`text`, patterns or `dense` joined by commas; raises where one is no pattern."""
    for pattern in text.split(","):
        if pattern != DENSE:
            NMPattern.parse(pattern)
    return text


def drawable(path: Path | None) -> Path | None:
    """`path`, which has the suffix of a format of figures; raises where it has not."""
    if path is not None:
        check_suffix(path)
    return path


def _known_isas(text: str) -> str:
    for name in text.split(","):
        known_isa(name)
    return text


DEFAULT_ISAS = ",".join(ISAS)
IsasOption = Annotated[
    str,
    typer.Option(
        metavar="ISA,…",
        help="Instruction sets (as for --isa elsewhere); a kernel is measured on the first of them that it runs on.",
        callback=_known_isas,
    ),
]


def exit_unless_right(failures: Sequence[Failure], wrong: Sequence[str] = ()) -> None:
    """Ends the command with exit code 1 where there are failures or wrong outputs, each of which it names."""
    for failure in failures:
        say(f"nmcu: {failure.case}: {failure.message}")
    if wrong:
        say(f"nmcu: outputs differ from the reference: {'; '.join(wrong)}")
    if failures or wrong:
        raise typer.Exit(1)

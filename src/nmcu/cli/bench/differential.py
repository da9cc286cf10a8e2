"""`nmcu bench differential`: random networks against the runtimes."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu.bench.differential import Budget, Failure, Table, differential
from nmcu.bench.differential.keep import keep
from nmcu.bench.differential.kinds import KINDS
from nmcu.cli.options import JsonOption
from nmcu.cli.output import counting, show, show_json
from nmcu.cli.say import say

MOST_SENTENCES = 12


def _known_kinds(kinds: list[str]) -> list[str]:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is no kind of network; there are {', '.join(KINDS)}")
    return kinds


def differential_(
    minutes: Annotated[float, typer.Option(min=0.0, help="How long each process searches.")] = 1.0,
    networks: Annotated[
        int, typer.Option(min=1, help="After how many networks a process stops before that.")
    ] = 1_000_000_000,
    seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    kind: Annotated[
        list[str],
        typer.Option(
            "--kind", metavar="|".join(KINDS), help="Kind of network (repeatable).", callback=_known_kinds
        ),
    ] = [*KINDS],  # noqa: B006  (typer copies it)
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Processes for each kind.")] = 1,
    device_every: Annotated[
        int, typer.Option(min=0, help="Compile and simulate every so-manieth network too; 0: none.")
    ] = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where failing networks are written.")] = Path(
        "differential"
    ),
    json: JsonOption = False,
) -> None:
    """Draw random networks over all that the readers accept, and compare each with the runtime, layer by layer.

    A failure (a layer outside its tolerance, or an exception that is no sentence) is shrunk to a small network and
    written to DIR: model, inputs, description. The exit code is 0 only if there is none.
    """
    with counting("searching") as count:
        found = differential(kind, Budget(seed, minutes, networks, device_every), jobs, count)
    if json:
        show_json(found.to_json())
    else:
        _print(found.table)
    for failure in found.failures:
        say(_described(failure, keep(failure, out), found.table))
    if found.failures:
        raise typer.Exit(1)


def _print(table: Table) -> None:
    for kind, summary in table.items():
        counts = ", ".join(f"{n:,} {verdict}" for verdict, n in summary.verdicts.most_common())
        steps = ", ".join(f"{n:,} by {k}" for k, n in sorted(summary.steps.items()))
        show(f"{kind}: {summary.networks:,} networks: {counts or 'none'}; largest steps: {steps or 'none'}")
        if summary.simulated:
            show(f"  compiled and simulated: {summary.simulated:,}")
        show("  " + ", ".join(f"{name} {n:,}" for name, n in sorted(summary.operators.items())))
        for title, sentences in (("refused", summary.refusals), ("not run by the runtime", summary.unjudged)):
            for sentence, n in sentences.most_common(MOST_SENTENCES):
                show(f"  {title} {n:,} times: {sentence}")


def _described(failure: Failure, folder: Path, table: Table) -> str:
    times = table[failure.kind].failed[failure.key]
    return f"nmcu: {failure.kind}: {failure.key} ({times} networks): {folder}"

"""What commands write: results to standard output, everything else to standard error."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from nmcu.report import label

WIDTH_OF_FILES = 10_000
"""Columns of tables that go to a file or pipe, which has no width of its own: nothing is left out of them."""


def show(item: RenderableType) -> None:
    """A table or text on standard output, as wide as the terminal, or as the environment's COLUMNS says."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH_OF_FILES
    Console(file=sys.stdout, width=width, highlight=False, markup=False).print(item)


def show_json(value: Any) -> None:
    """One JSON value on standard output."""
    print(json.dumps(value, indent=1, allow_nan=False))


@contextmanager
def progress(subject: str) -> Iterator[Callable[[str], None]]:
    """Shows on a terminal what is being done and for how long; gives the function to tell it."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with _shown(columns) as bar:
        task = bar.add_task(f"{label(subject, 30)}: starting", total=None)
        yield lambda stage: bar.update(task, description=f"{stage} {label(subject, 30)}")


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """Shows on a terminal how many of how many are done, the last one, the time that it took and that the rest will
    take; gives the function to tell it."""
    columns = (
        TextColumn("{task.description}", markup=False),
        *(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()),
    )
    with _shown(columns) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, last: bar.update(
            task, completed=done, total=total or None, description=f"{what} {label(last)}"
        )


@contextmanager
def _shown(columns: Sequence[ProgressColumn]) -> Iterator[Progress]:
    """A line on standard error that goes when its work is done; nothing where that is no terminal."""
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        yield bar

"""What commands write: results to standard output, everything else to standard error."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from nmcu.report import printable

WIDTH_OF_FILES = 10_000
"""Columns of tables that go to a file or pipe, which has no width of its own: nothing is left out of them."""


def say(sentence: str) -> None:
    """One line on standard error."""
    print(printable(sentence), file=sys.stderr)


def show(item: RenderableType) -> None:
    """A table or text on standard output, as wide as the terminal, or as the environment's COLUMNS says."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH_OF_FILES
    Console(file=sys.stdout, width=width, highlight=False, markup=False).print(item)


def show_json(value: Any) -> None:
    """One JSON value on standard output."""
    print(json.dumps(value, indent=1, allow_nan=False))


@contextmanager
def progress(subject: str) -> Iterator[Callable[[str], None]]:
    """Shows on a terminal what is being done; gives the function to tell it."""
    console = Console(file=sys.stderr)
    with console.status(Text(f"{printable(subject)}: starting"), spinner="dots") as status:
        yield lambda stage: status.update(Text(f"{stage} {printable(subject)}"))


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """Shows on a terminal how many of how many are done, and the last one; gives the function to tell it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, last: bar.update(
            task, completed=done, total=total, description=escape(f"{what} {printable(last)}")
        )

"""All commands in one application, and how a failure ends it."""

import os
import sys
import traceback
import warnings
from pathlib import Path
from types import TracebackType
from typing import Annotated, NoReturn

import typer
from typer.core import TyperGroup

from nmcu.cli import listed
from nmcu.cli.commands import COMMANDS
from nmcu.cli.say import say
from nmcu.errors import NmcuError, NoGainWarning


def application() -> TyperGroup:
    """`nmcu` with all its commands, none of which is imported yet."""
    app = typer.Typer(
        name="nmcu",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # help texts name extras such as nmcu[rtl], which markup would swallow
    )
    app.callback()(_options)
    group = typer.main.get_group(app)
    listed.add(group, COMMANDS)
    return group


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"nmcu {version('nmcu')}")
        raise typer.Exit


def _options(
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """N:M-sparse int8 neural networks on multi-core RISC-V microcontrollers."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits: 0 for success, 1 with one sentence for a failure, 2 for wrong usage.

    With NMCU_DEBUG in the environment, failures raise instead. A bug raises; Python then shows it in one sentence.
    """
    _open_closed_streams()
    if not os.environ.get("NMCU_DEBUG"):
        sys.excepthook = _show_bug
    with warnings.catch_warnings():
        warnings.simplefilter("always", NoGainWarning)
        show = warnings.showwarning
        warnings.showwarning = lambda message, category, *where: (
            say(f"nmcu: {message}")
            if issubclass(category, NoGainWarning)
            else show(message, category, *where)
        )
        _run(arguments)


def _open_closed_streams() -> None:
    """What is started without standard output or error (`>&-`, some services) writes to nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 (for as long as it lives)


def _run(arguments: list[str] | None) -> None:
    try:
        application()(
            arguments, prog_name="nmcu"
        )  # a typer.Typer would put its own hook in the place of ours
    except NmcuError as error:
        _fail(str(error), error)
    except BrokenPipeError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit fails once more
        _fail("standard output was closed", error)
    except MemoryError as error:
        _fail("there is not enough memory for this", error)
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", error)


def _show_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """How Python shows what nobody caught."""
    if not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    place = traceback.extract_tb(trace)[-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    found = f"{kind.__name__}: {error} in {where}"
    say(f"nmcu: internal error, please report it: {found} (NMCU_DEBUG=1 shows the way there)")


def _fail(sentence: str, error: BaseException) -> NoReturn:
    if os.environ.get("NMCU_DEBUG"):
        raise error
    say(f"nmcu: {sentence}")
    sys.exit(1)

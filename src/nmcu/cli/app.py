"""All commands in one application, and how a failure ends it."""

import os
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from nmcu.cli import commands
from nmcu.cli.output import say
from nmcu.errors import NmcuError

app = typer.Typer(
    name="nmcu",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help texts name extras such as nmcu[rtl], which markup would swallow
)
commands.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"nmcu {version('nmcu')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """N:M-sparse int8 neural networks on multi-core RISC-V microcontrollers."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits: 0 for success, 1 with one sentence for a failure, 2 for wrong usage.

    With NMCU_DEBUG in the environment, failures raise instead.
    """
    try:
        app(arguments)
    except NmcuError as error:
        _fail(str(error), error)
    except BrokenPipeError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit fails once more
        _fail("standard output was closed", error)
    except MemoryError as error:
        _fail("there is not enough memory for this", error)
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", error)
    except Exception as error:
        _fail(
            f"internal error, please report it: {type(error).__name__}: {error} (NMCU_DEBUG=1 shows where)",
            error,
        )


def _fail(sentence: str, error: BaseException) -> NoReturn:
    if os.environ.get("NMCU_DEBUG"):
        raise error
    say(f"nmcu: {sentence}")
    sys.exit(1)

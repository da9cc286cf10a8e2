"""Commands are imported when they are called, and listing them takes no longer than it must."""

import subprocess
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest

from nmcu.cli.commands import COMMANDS
from nmcu.cli.listed import Command, Group

HEAVY = ("matplotlib", "numpy", "onnx", "onnx_ir", "ortools", "pandas", "PIL", "pyarrow", "rich", "torch")
LOADED = """
import sys
from nmcu.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code
print("loaded:", *sys.modules)
"""


def _commands(of: tuple[Command | Group, ...] = COMMANDS, *path: str) -> Iterator[tuple[str, ...]]:
    for command in of:
        here = (*path, command.name)
        yield here
        if isinstance(command, Group):
            yield from _commands(command.commands, *here)


def _loaded(*arguments: str) -> set[str]:
    """The modules that were imported when `nmcu ARGUMENTS` ends."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("command", list(_commands()), ids=" ".join)
def test_every_command_has_help(nmcu: Any, command: tuple[str, ...]) -> None:
    help = nmcu(*command, "--help")
    assert help.code == 0 and f"nmcu {' '.join(command)} [OPTIONS]" in help.out


@pytest.mark.parametrize("group", [(), ("bench",), ("rtl",)], ids=" ".join)
def test_what_a_list_says_of_a_command_fits_its_line(nmcu: Any, group: tuple[str, ...]) -> None:
    listed = nmcu(*group, "--help").out.partition("Commands:\n")[2]
    assert listed and "..." not in listed and all(line.endswith(".") for line in listed.splitlines())


@pytest.mark.parametrize("group", [(), ("bench",), ("rtl",)], ids=" ".join)
def test_a_list_of_commands_imports_none_of_them(group: tuple[str, ...]) -> None:
    loaded = _loaded(*group, "--help")
    assert not loaded.intersection(HEAVY)
    rooms = {name for name in loaded if name.startswith("nmcu.")}
    assert rooms == {"nmcu.errors", "nmcu.text", "nmcu.cli"} | {
        f"nmcu.cli.{name}" for name in ("app", "commands", "listed", "say")
    }


def test_the_help_of_a_command_imports_no_other_command() -> None:
    loaded = _loaded("inspect", "--help")
    assert "nmcu.cli.inspect" in loaded
    assert not loaded.intersection({"nmcu.cli.prune", "nmcu.cli.sim", "nmcu.bench", "nmcu.rtl"})


def test_help_takes_at_most_three_times_what_importing_typer_takes() -> None:
    """Both in a fresh process and as fast as of three tries each, in turn, so that another load slows both."""

    def seconds(*arguments: str) -> float:
        start = perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        return perf_counter() - start

    tries = [(seconds("-m", "nmcu", "--help"), seconds("-c", "import typer, rich")) for _ in range(3)]
    help, typer = (min(column) for column in zip(*tries, strict=True))
    assert help <= 3 * typer

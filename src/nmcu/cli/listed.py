"""Commands that are imported when they are called: listing them takes their names and a line on each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Command:
    """A command: its name, a line of help for the list and the function that it is, as `module:function`."""

    name: str
    help: str
    function: str

    def load(self) -> Any:
        """The command itself, whose module is imported now."""
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(self.name)(resolve_name(self.function))
        return typer.main.get_command(app)


@dataclass(frozen=True)
class Group:
    """A command that has commands."""

    name: str
    help: str
    commands: tuple["Command | Group", ...]


class Listed(TyperCommand):
    """Stands for a command in a list. Called, or asked for its help, it is the command itself."""

    def __init__(self, command: Command) -> None:
        super().__init__(command.name, help=command.help, rich_markup_mode=None)
        self.load = command.load

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Where parsing of the command's own arguments starts."""
        return self.load().make_context(*arguments, **options)


def add(to: TyperGroup, commands: Iterable[Command | Group]) -> None:
    """Adds `commands` to a group, none of them imported."""
    for command in commands:
        if isinstance(command, Command):
            to.add_command(Listed(command))
            continue
        group = TyperGroup(
            name=command.name, help=command.help, no_args_is_help=True, rich_markup_mode=None, commands={}
        )
        add(group, command.commands)
        to.add_command(group)

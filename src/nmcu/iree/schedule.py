"""What a library of IREE's is called with, and in which order: a network as dispatches over buffers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Buffer = Literal["input", "output", "constants", "transient"]


@dataclass(frozen=True)
class Range:
    """`bytes` bytes of a buffer from `offset` on: of input or output `number`, of the constants, or of the memory that
    lasts while the network runs."""

    buffer: Buffer
    number: int
    offset: int
    bytes: int


@dataclass(frozen=True)
class Dispatch:
    """A call of the library's function `function` for each of (x, y, z) `workgroups`, with `constants` (32 bits each)
    and the ranges `bindings`."""

    function: str
    workgroups: tuple[int, int, int]
    constants: tuple[int, ...]
    bindings: tuple[Range, ...]


@dataclass(frozen=True)
class Fill:
    """Writes `pattern` (1, 2 or 4 bytes) again and again."""

    target: Range
    pattern: bytes


@dataclass(frozen=True)
class Copy:
    """Copies bytes."""

    source: Range
    target: Range


Command = Dispatch | Fill | Copy


@dataclass(frozen=True)
class Schedule:
    """`steps` one after the other; the commands of one step may run at the same time, in any order.

    Inputs and outputs are the network's, numbered. `transient_bytes` are needed while it runs, beside `constants`. All
    of them begin at multiples of 4 bytes.
    """

    steps: tuple[tuple[Command, ...], ...]
    constants: bytes
    transient_bytes: int
    outputs: tuple[int, ...]
    """Sizes in bytes."""

    def renamed(self, names: Mapping[str, str]) -> "Schedule":
        """The same where functions are called as `names` say."""

        def command(old: Command) -> Command:
            return replace(old, function=names[old.function]) if isinstance(old, Dispatch) else old

        return replace(self, steps=tuple(tuple(map(command, step)) for step in self.steps))

    @property
    def commands(self) -> Iterator[Command]:
        """All commands, in an order in which they may run."""
        return (command for step in self.steps for command in step)

    @property
    def dispatches(self) -> tuple[Dispatch, ...]:
        """The calls of functions."""
        return tuple(command for command in self.commands if isinstance(command, Dispatch))

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions that are called, each once, in the order of their first call."""
        return tuple(dict.fromkeys(dispatch.function for dispatch in self.dispatches))

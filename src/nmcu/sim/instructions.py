"""What the simulator knows of instructions: their table, and their text."""

from dataclasses import dataclass
from functools import cache

from nmcu.sim import native


@dataclass(frozen=True)
class Instruction:
    """A row of the table: `word & mask == match` identifies it; `extension` is `base` or an extension's name.

    `text` is how it is disassembled, with operands by name.
    """

    name: str
    mask: int
    match: int
    extension: str
    text: str


@cache
def instructions() -> tuple[Instruction, ...]:
    """Every instruction of the base and of this package's extensions."""
    return tuple(Instruction(**row) for row in native.built_in().instructions())


def disassemble(word: int, pc: int = 0) -> str:
    """Text of the instruction `word` (16 or 32 bits) at `pc`."""
    return native.built_in().disassemble(word, pc)

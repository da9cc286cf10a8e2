"""What the simulator knows of instructions: their table, that of CSRs, and their text."""

from dataclasses import dataclass
from functools import cache, cached_property

from nmcu.sim import native
from nmcu.sim.native import Library


@dataclass(frozen=True)
class Instruction:
    """A row of the table: `word & mask == match` identifies it; `extension` is `base` or an extension's name.

    `text` is how it is disassembled, with operands by name; `immediate` where that one sits (`Imm` in
    iss/format.hpp); the flags are those of the operand format there.
    """

    name: str
    mask: int
    match: int
    extension: str
    text: str
    immediate: str
    writes_rd: bool
    writes_rs1: bool
    reads_rs1: bool
    reads_rs2: bool
    reads_rd: bool
    is_load: bool
    is_store: bool


@dataclass(frozen=True)
class Csr:
    """A control and status register; `writable` are the bits that a write changes."""

    number: int
    name: str
    extension: str
    writable: int


@dataclass(frozen=True)
class Table:
    """All instructions and CSRs of a base and its extensions."""

    instructions: tuple[Instruction, ...]
    csrs: tuple[Csr, ...]

    @classmethod
    def of(cls, library: Library) -> "Table":
        """What `library` knows."""
        rows = tuple(Instruction(**row) for row in library.instructions())
        return cls(rows, tuple(Csr(**row) for row in library.csrs()))

    def find(self, word: int) -> Instruction | None:
        """The instruction that `word` (32 bits) encodes."""
        rows = self._by_opcode.get(word & 0x7F, ())
        return next((row for row in rows if word & row.mask == row.match), None)

    @cached_property
    def _by_opcode(self) -> dict[int, list[Instruction]]:
        rows: dict[int, list[Instruction]] = {}
        for row in self.instructions:
            rows.setdefault(row.match & 0x7F, []).append(row)
        return rows


@cache
def instructions() -> tuple[Instruction, ...]:
    """Every instruction of the base and of this package's extensions."""
    return Table.of(native.built_in()).instructions


def disassemble(word: int, pc: int = 0) -> str:
    """Text of the instruction `word` (16 or 32 bits) at `pc`."""
    return native.built_in().disassemble(word, pc)

"""The rows of instruction and CSR tables, as far as Python looks into them: names, encodings, numbers.

Their meaning is C++ (`nmcu/sim/iss`). What a compiler would say of a mistake here is no help: it does not see rows, but
what macros make of them, and two extensions meet only in the simulator that is built for both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

from nmcu.errors import NmcuError
from nmcu.isa.extension import Extension

INSTRUCTION = re.compile(r'^\s*INSN\(\s*(\w+)\s*,\s*"([^"]*)"')
CSR = re.compile(r"^\s*CSR(?:_VALUE|_COUNTER)?\(\s*(0[xX][0-9a-fA-F]+|\d+)\s*,")
SIMULATOR = Path(__file__).parents[1] / "sim"
# Of the base, in the simulator's folder.
BASE_TABLES = ("iss/base/rv32i.def", "iss/base/rv32m.def", "iss/base/zicsr.def")
BASE_CSRS = "iss/base/csrs.def"


@dataclass(frozen=True)
class Instruction:
    """`word & mask == match` identifies it; `where` is its file and line."""

    name: str
    mask: int
    match: int
    where: str

    def meets(self, other: "Instruction") -> bool:
        """Whether some word is both."""
        return not (self.match ^ other.match) & self.mask & other.mask


def check(extensions: Sequence[Extension]) -> None:
    """Raises `NmcuError` where a core cannot have all of `extensions`: two give one encoding, or one CSR number, to
    different things, or one of them does so to what the base has."""
    for a, b in combinations((None, *extensions), 2):
        first, second = (e.name if e else "the base" for e in (a, b))
        for row in instructions(b):
            for other in instructions(a):
                if row.meets(other):
                    raise NmcuError(
                        f"{row.where}: the instructions {other.name} of {first} and {row.name} of {second} share an "
                        "encoding: a core cannot have both"
                    )
        if both := csrs(a) & csrs(b):
            pair = f"{'the extensions ' if a else ''}{first} and {second}"
            raise NmcuError(f"{pair} both have the CSR {min(both):#05x}: a core cannot have both")


@cache
def instructions(extension: Extension | None) -> tuple[Instruction, ...]:
    """The instructions of an extension, or of the base (None); raises `NmcuError` for an encoding of not 32 bits."""
    base = tuple(SIMULATOR / name for name in BASE_TABLES)
    tables = extension.simulator.instructions if extension else base
    rows = []
    for path in tables:
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if found := INSTRUCTION.match(line):
                name, bits = found[1], found[2].replace(" ", "")
                where = f"{path}:{number}"
                if len(bits) != 32:
                    raise NmcuError(f"{where}: the encoding of {name} has {len(bits)} bits; 32 are needed")
                mask = int("".join("1" if bit in "01" else "0" for bit in bits), 2)
                match = int("".join("1" if bit == "1" else "0" for bit in bits), 2)
                rows.append(Instruction(name, mask, match, where))
    return tuple(rows)


@cache
def csrs(extension: Extension | None) -> frozenset[int]:
    """The numbers of the CSRs that an extension, or the base (None), has."""
    table = extension.simulator.csrs if extension else SIMULATOR / BASE_CSRS
    lines = table.read_text(encoding="utf-8", errors="replace").splitlines() if table else []
    return frozenset(int(found[1], 0) for line in lines if (found := CSR.match(line)))

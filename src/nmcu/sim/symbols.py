"""Names for addresses: functions from the symbol table, source lines from DWARF."""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import islice, pairwise

from elftools.common.exceptions import DWARFError, ELFError
from elftools.dwarf.lineprogram import LineState
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection


@dataclass(frozen=True)
class Function:
    """A function: where it starts and how many bytes it has (0 where the file does not say)."""

    name: str
    address: int
    size: int


@dataclass(frozen=True)
class Segment:
    """A loaded part of the program; `data` is what the file holds of it."""

    address: int
    size: int
    data: memoryview
    executable: bool


class Symbols:
    """What an ELF file says about addresses. A file that cannot be read, or was stripped, just knows nothing."""

    def __init__(self, elf: bytes) -> None:
        self._bytes = elf

    @cached_property
    def _elf(self) -> ELFFile | None:
        try:
            return ELFFile(BytesIO(self._bytes))
        except _DAMAGED:
            return None

    @cached_property
    def addresses(self) -> dict[str, int]:
        """Addresses of all defined symbols by name."""
        return {name: value for name, value, _, _ in self._symbols}

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Functions by address; labels inside a function are not functions."""
        found = {
            value: Function(name, value, size)
            for name, value, size, kind in self._symbols
            if kind == "STT_FUNC" or (kind == "STT_NOTYPE" and not name.startswith((".L", "$")))
            if self._is_code(value)
        }
        result: list[Function] = []
        for address in sorted(found):
            function = found[address]
            inside = result and address < result[-1].address + result[-1].size
            if not inside:
                result.append(function)
        return tuple(result)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments that are loaded."""
        file = memoryview(self._bytes)
        return tuple(
            Segment(address, size, file[offset : offset + held], bool(flags & 1))
            for address, size, offset, held, flags in _segments(self._elf)
        )

    def function_at(self, pc: int) -> Function | None:
        """The function that holds `pc`: by size, or where sizes are missing the last one that starts before it."""
        index = bisect.bisect_right([f.address for f in self.functions], pc) - 1
        if index < 0:
            return None
        function = self.functions[index]
        return function if not function.size or pc < function.address + function.size else None

    def source_line(self, pc: int) -> str | None:
        """`file.c:12` for `pc`, where the program was compiled with debug information."""
        for start, end, text in self._lines:
            if start <= pc < end:
                return text
        return None

    @cached_property
    def _symbols(self) -> list[tuple[str, int, int, str]]:
        return _symbols(self._elf)

    def _is_code(self, address: int) -> bool:
        return any(s.executable and s.address <= address < s.address + s.size for s in self.segments)

    @cached_property
    def _lines(self) -> list[tuple[int, int, str]]:
        """(start, end, `file:line`) of all pieces of code with a source line."""
        rows: list[tuple[int, int, str]] = []
        for names, states in _line_programs(self._elf):
            for state, following in pairwise(states):
                if state is None or following is None or following.address <= state.address:
                    continue
                name = names.get(state.file, "?")
                rows.append((state.address, following.address, f"{name}:{state.line}"))
        return rows


# ---- what pyelftools reads. A damaged file only loses names: the parser of ELF raises `ELFError`, that of DWARF
# whatever comes of following what the file says. Nothing but calls of pyelftools stands in these `try`s.
_DAMAGED = (ELFError,)
_DAMAGED_DWARF = (
    *(ELFError, DWARFError),
    *(AssertionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)


def _segments(elf: ELFFile | None) -> list[tuple[int, int, int, int, int]]:
    """Address, bytes in memory, offset in the file, bytes there, and flags of each loaded segment."""
    if elf is None:
        return []
    keys = ("p_vaddr", "p_memsz", "p_offset", "p_filesz", "p_flags")
    try:
        loaded = [segment.header for segment in elf.iter_segments() if segment["p_type"] == "PT_LOAD"]
    except _DAMAGED:
        return []
    return [(a, b, c, d, e) for a, b, c, d, e in ([header[key] for key in keys] for header in loaded)]


def _symbols(elf: ELFFile | None) -> list[tuple[str, int, int, str]]:
    """Name, value, size and type of each defined symbol, from the file's one symbol table."""
    if elf is None:
        return []
    try:
        tables = (
            section
            for section in elf.iter_sections()
            if isinstance(section, SymbolTableSection) and section["sh_type"] == "SHT_SYMTAB"
        )
        return [
            (symbol.name, symbol["st_value"], symbol["st_size"], symbol["st_info"]["type"])
            for table in islice(tables, 1)
            for symbol in table.iter_symbols()
            if symbol.name and symbol["st_shndx"] != "SHN_UNDEF"
        ]
    except _DAMAGED:
        return []


def _line_programs(elf: ELFFile | None) -> list[tuple[dict[int, str], list[LineState | None]]]:
    """For each compilation unit: its files by number, and the rows of its line table, None behind a sequence's end."""
    if elf is None:
        return []
    found = []
    try:
        if not elf.has_dwarf_info():
            return []
        dwarf = elf.get_dwarf_info()
        for unit in dwarf.iter_CUs():
            program = dwarf.line_program_for_CU(unit)
            if program is None:
                continue
            first = 0 if program["version"] >= 5 else 1
            names = {n: entry.name or b"?" for n, entry in enumerate(program["file_entry"], first)}
            found.append((names, [entry.state for entry in program.get_entries()]))
    except _DAMAGED_DWARF:
        return []
    return [
        ({number: name.decode(errors="replace") for number, name in names.items()}, _rows(states))
        for names, states in found
    ]


def _rows(states: Iterable[LineState | None]) -> list[LineState | None]:
    """The rows among the line program's entries (others have no state), with None behind each sequence's end."""
    rows: list[LineState | None] = []
    for state in states:
        if state is not None:
            rows += [state, None] if state.end_sequence else [state]
    return rows

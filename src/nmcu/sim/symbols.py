"""Names for addresses: functions from the symbol table, source lines from DWARF."""

import bisect
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO

from elftools.common.exceptions import ELFError
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
    data: bytes
    executable: bool


class Symbols:
    """What an ELF file says about addresses. A file that cannot be read, or was stripped, just knows nothing."""

    def __init__(self, elf: bytes) -> None:
        self._bytes = elf

    @cached_property
    def _elf(self) -> ELFFile | None:
        try:
            return ELFFile(BytesIO(self._bytes))
        except (ELFError, ValueError, OSError):
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
        if self._elf is None:
            return ()
        try:
            return tuple(
                Segment(s["p_vaddr"], s["p_memsz"], s.data(), bool(s["p_flags"] & 1))
                for s in self._elf.iter_segments()
                if s["p_type"] == "PT_LOAD"
            )
        except Exception:
            return ()  # a damaged file only loses names

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
        if self._elf is None:
            return []
        try:
            return [
                (symbol.name, symbol["st_value"], symbol["st_size"], symbol["st_info"]["type"])
                for section in self._elf.iter_sections()
                if isinstance(section, SymbolTableSection)
                for symbol in section.iter_symbols()
                if symbol.name and symbol["st_shndx"] != "SHN_UNDEF"
            ]
        except Exception:
            return []

    def _is_code(self, address: int) -> bool:
        return any(s.executable and s.address <= address < s.address + s.size for s in self.segments)

    @cached_property
    def _lines(self) -> list[tuple[int, int, str]]:
        try:
            return list(self._read_lines())
        except Exception:
            return []  # DWARF that pyelftools cannot read

    def _read_lines(self) -> list[tuple[int, int, str]]:
        if self._elf is None or not self._elf.has_dwarf_info():
            return []
        dwarf = self._elf.get_dwarf_info()
        rows: list[tuple[int, int, str]] = []
        for unit in dwarf.iter_CUs():
            program = dwarf.line_program_for_CU(unit)
            if program is None:
                continue
            first_file = 0 if program["version"] >= 5 else 1
            names = [entry.name.decode(errors="replace") for entry in program["file_entry"]]
            previous = None
            for entry in program.get_entries():
                state = entry.state
                if state is None:
                    continue
                if previous is not None and state.address > previous.address:
                    name = names[previous.file - first_file]
                    rows.append((previous.address, state.address, f"{name}:{previous.line}"))
                previous = None if state.end_sequence else state
        return rows

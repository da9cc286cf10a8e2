"""The static library that IREE makes of a network, as assembly: what its functions need, and its text for any program.

IREE writes what it puts into the library as assembly, too. That travels as a program's other sources do, and any
assembler takes it; an object would bind programs to one linker.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nmcu.iree.adapter import ABI_VERSION, IreeError

NAME = re.compile(r"[\w$]+", re.ASCII)
SYMBOL = re.compile(r"[\w.$]+", re.ASCII)
LOCAL_PAGE_BYTES = 4096
"""The unit of local memory."""
_ATTRIBUTES = struct.Struct("<QHBBIIHH5Q")
_DATA = {".byte": 1, ".half": 2, ".word": 4, ".quad": 8}
_IGNORED = (".attribute", ".cfi_", ".file", ".loc")
_NAMING = (".globl", ".size", ".type")
"""Directives that name a symbol without a need for it."""


@dataclass(frozen=True)
class Function:
    """One function of a library: what it is called with, and the memory that a call needs, in bytes: local memory of
    the workgroup, and the frames on the stack of itself and of the library's functions that it calls."""

    constants: int
    bindings: int
    local_bytes: int
    frame_bytes: int


@dataclass(frozen=True)
class Library:
    """Assembly text that defines the functions, and the `symbols` that they have for other files; both by IREE's
    names."""

    text: str
    functions: Mapping[str, Function]
    symbols: Mapping[str, str]


@dataclass(frozen=True)
class _Section:
    header: str
    lines: tuple[str, ...]

    @property
    def labels(self) -> Iterator[str]:
        return (line[:-1] for line in self.lines if line.endswith(":"))

    @property
    def names(self) -> set[str]:
        """All that its instructions and data may refer to."""
        return {
            name
            for line in self.lines
            if not line.endswith(":") and not line.lstrip().startswith(_NAMING)
            for name in SYMBOL.findall(line)
        }


def library(text: str, prefix: str, others: Mapping[str, str]) -> Library:
    """The library whose assembly IREE wrote as `text`: its functions' names for others begin with `prefix`, and what it
    calls without defining it is called as `others` say. Only what its functions need is left, without tables and debug
    information.

    Raises `IreeError` where the text is not of the version of libraries that is known, or calls anything else.
    """
    sections = _sections(text)
    places = {label: section for section in sections for label in section.labels}
    functions = _functions(sections, places)
    symbols = {name: f"{prefix}_{_word(name)}" for name in functions}
    kept, wanted = dict[_Section, None](), [places[name] for name in functions]
    while wanted:
        section = wanted.pop()
        if section not in kept:
            kept[section] = None
            wanted += [places[name] for name in sorted(section.names) if name in places]
    lines = [f"\t.globl\t{symbol}" for symbol in symbols.values()]
    for section in (section for section in sections if section in kept):
        lines += [section.header, *section.lines]
    called = {name for section in kept for line in section.lines for name in _called(line)}
    if unknown := called - places.keys() - others.keys():
        raise IreeError(f"IREE's code calls {min(unknown)}, which programs of nmcu do not have")
    names = {**{name: others[name] for name in called - places.keys()}, **symbols}
    made = SYMBOL.sub(lambda found: names.get(found[0], found[0]), "\n".join(lines)) + "\n"
    return Library(made, functions, symbols)


def _sections(text: str) -> tuple[_Section, ...]:
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines():
        word = line.split(maxsplit=1)[:1]
        if word == [".section"]:
            before = found[-1][1]
            ahead = [before.pop()] if before and before[-1].lstrip().startswith(".type") else []
            found.append((line, ahead))
        elif word and not word[0].startswith(_IGNORED):
            found[-1][1].append(line)
    return tuple(_Section(header, tuple(lines)) for header, lines in found if ".debug_" not in header)


def _functions(sections: Sequence[_Section], places: Mapping[str, _Section]) -> Mapping[str, Function]:
    """The functions of the library's table, with what it says of each."""
    tables = {label for label in places if label.endswith("_library_query_v0_funcs")}
    if not tables:
        raise IreeError("IREE's assembly has no table of functions")
    table = min(tables).removesuffix("_funcs")
    header = _data(places[f"{table}_header"])
    if struct.unpack_from("<I", header)[0] != ABI_VERSION:
        raise IreeError(f"IREE's library is of another version than {ABI_VERSION}")
    names = [line.split()[1] for line in places[f"{table}_funcs"].lines if line.split()[0] == ".word"]
    attributes = _ATTRIBUTES.iter_unpack(_data(places[f"{table}_attrs"]))
    found = {}
    for name, (_, pages, constants, bindings, *_) in zip(names, attributes, strict=True):
        if not NAME.fullmatch(name):
            raise IreeError(f"a function of IREE's is called {name!r}, which is no plain name")
        frame = _stack_bytes(name, places)
        found[name] = Function(constants, bindings, pages * LOCAL_PAGE_BYTES, frame)
    return found


def _data(section: _Section) -> bytes:
    """The bytes of a table; names in it are zeros."""
    data = b""
    for line in section.lines:
        directive, *values = line.replace(",", " ").split()
        if directive in _DATA:
            size = _DATA[directive]
            numbers = (int(v, 0) if v.lstrip("-")[:1].isdigit() else 0 for v in values)
            data += b"".join((n % (1 << 8 * size)).to_bytes(size, "little") for n in numbers)
        elif directive == ".zero":
            data += bytes(int(values[0]))
    return data


def _stack_bytes(name: str, places: Mapping[str, _Section], above: tuple[str, ...] = ()) -> int:
    """The deepest sum of frames from the function `name` on."""
    if name in above:
        raise IreeError("a function of IREE's calls itself, so its stack is known in a run only")
    lines = places[name].lines
    called = {other for line in lines for other in _called(line) if other in places}
    deepest = max((_stack_bytes(other, places, (*above, name)) for other in called), default=0)
    return _frame_bytes(lines) + deepest


def _frame_bytes(lines: Sequence[str]) -> int:
    """The stack that a function takes, not what it calls: the sum of what it subtracts from the stack pointer."""
    total, known = 0, dict[str, int]()
    for line in lines:
        word, *operands = line.replace(",", " ").split()
        if word in ("lui", "li"):
            known[operands[0]] = int(operands[1], 0) << (12 if word == "lui" else 0)
        elif word == "addi" and operands[:2] == ["sp", "sp"]:
            total += max(0, -int(operands[2]))
        elif word == "addi" and operands[0] == operands[1] and operands[0] in known:
            known[operands[0]] += int(operands[2]) if operands[2].lstrip("-").isdigit() else 0
        elif word == "andi" and operands[:2] == ["sp", "sp"]:
            total += -int(operands[2])
        elif word == "sub" and operands[0] == "sp":
            if operands[2] not in known:
                raise IreeError("a function of IREE's takes a stack of a size that is known in a run only")
            total += known[operands[2]]
        elif word.startswith("cm.push"):
            raise IreeError(f"a function of IREE's saves registers by {word}, which nmcu does not follow")
    return total


def _called(line: str) -> tuple[str, ...]:
    word, *operands = line.split()
    return tuple(operands[:1]) if word in ("call", "tail") else ()


def _word(name: str) -> str:
    """IREE's name without the network's, which it has in front."""
    return name.rsplit("$async_", 1)[-1].replace("$", "_")

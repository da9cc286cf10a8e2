"""One instruction-set extension: a folder with everything that compiler, simulator and hardware need to know of it."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nmcu.errors import NmcuError
from nmcu.files import is_file, is_folder

FILE = "extension.toml"
RESERVED = ("base", "rv32", "format")
"""Names that mean something else in an instruction set, or in the simulator (`nmcu::iss`)."""
CPP_WORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t
    class compl concept const consteval constexpr constinit const_cast continue co_await co_return co_yield
    decltype default delete do double dynamic_cast else enum explicit export extern false float for friend
    goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private
    protected public register reinterpret_cast requires return short signed sizeof static static_assert
    static_cast struct switch template this thread_local throw true try typedef typeid typename union
    unsigned using virtual void volatile wchar_t while xor xor_eq linux unix std nmcu iss
"""
"""C++ words, macros of compilers and namespaces: an extension's name is a namespace in the simulator."""
DEFINE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MARCH = re.compile(r"(_[a-z][a-z0-9]*)*")
_OPTIONAL_FILES = ("formats", "functions", "handlers", "state", "csrs")


@dataclass(frozen=True)
class SimulatorPart:
    """C++ files that the simulator is built from: instruction tables, in order, and what they use.

    `instructions` have rows of `INSN`; `formats` holds operand formats, `functions` (a header) functions for the
    semantics, `handlers` macros for them, `state` (a header) the struct `State` that the extension adds to a core,
    `csrs` rows of `CSR`. Names belong to the namespace `nmcu::iss::NAME` (`docs/simulator.md`).
    """

    instructions: tuple[Path, ...] = ()
    formats: Path | None = None
    functions: Path | None = None
    handlers: Path | None = None
    state: Path | None = None
    csrs: Path | None = None


@dataclass(frozen=True)
class RtlPart:
    """What the core's RTL gets: SystemVerilog units of the extension's own, and edits of the core's files."""

    units: tuple[Path, ...] = ()
    edits: Path | None = None


@dataclass(frozen=True)
class Extension:
    """Instructions that a core may have beside the base: read from `extension.toml` in `folder`.

    `requires` names the extensions it builds on. `march` is its part of `-march` for C, `march_assembly` that for
    assembly files, `defines` the macros that tell sources it is there, `include` a folder of C headers for them. `rtl`
    is None where no hardware is described.
    """

    name: str
    title: str
    folder: Path
    requires: frozenset[str] = frozenset()
    march: str = ""
    march_assembly: str = ""
    defines: tuple[str, ...] = ()
    include: Path | None = None
    simulator: SimulatorPart = field(default_factory=SimulatorPart)
    rtl: RtlPart | None = None

    @classmethod
    def load(cls, folder: Path) -> "Extension":
        """The extension described in `folder`; raises `NmcuError` naming the file for what is missing or wrong."""
        path = folder / FILE
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise NmcuError(f"cannot read the extension {path}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:  # TOML, UTF-8, or a number of thousands of digits
            raise NmcuError(f"{path} is not valid TOML: {error}") from error
        return _Reader(path, raw).extension()


@dataclass(frozen=True)
class _Reader:
    """Takes typed values out of the table `raw` of the file `path`."""

    path: Path
    raw: dict[str, Any]

    def extension(self) -> Extension:
        self._only(
            (
                "name",
                "title",
                "requires",
                "march",
                "march_assembly",
                "defines",
                "include",
                "simulator",
                "rtl",
            ),
            self.raw,
        )
        name = self._text(self.raw, "name")
        if not (name.isidentifier() and name.islower() and name.isascii()):
            raise NmcuError(f"{self.path}: name is {name!r}; a name has lower-case letters, digits and _")
        if name in RESERVED or name in CPP_WORDS.split():
            raise NmcuError(
                f"{self.path}: an extension cannot be called {name!r}, which has a meaning of its own"
            )
        march = self._march("march", "")
        simulator = self._table("simulator", ("instructions", *_OPTIONAL_FILES))
        rtl = self._table("rtl", ("units", "edits"))
        return Extension(
            name=name,
            title=self._text(self.raw, "title"),
            folder=self.path.parent,
            requires=frozenset(self._texts(self.raw, "requires")),
            march=march,
            march_assembly=self._march("march_assembly", march),
            defines=self._defines(),
            include=self._folder("include"),
            simulator=SimulatorPart(
                instructions=self._files(simulator, "instructions"),
                **{key: self._file(simulator, key) for key in _OPTIONAL_FILES},
            ),
            rtl=RtlPart(self._files(rtl, "units"), self._file(rtl, "edits")) if "rtl" in self.raw else None,
        )

    def _only(self, known: tuple[str, ...], table: dict[str, Any]) -> None:
        for key in table:
            if key not in known:
                raise NmcuError(f"{self.path}: unknown key {key!r}; known: {', '.join(known)}")

    def _table(self, key: str, known: tuple[str, ...]) -> dict[str, Any]:
        table = self.raw.get(key, {})
        if not isinstance(table, dict):
            raise NmcuError(f"{self.path}: {key} is {table!r}; a table [{key}] is needed")
        self._only(known, table)
        return table

    def _text(self, table: dict[str, Any], key: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            raise NmcuError(f"{self.path}: {key} is {value!r}; a text is needed")
        return value

    def _texts(self, table: dict[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise NmcuError(f"{self.path}: {key} is {value!r}; a list of texts is needed")
        return tuple(value)

    def _march(self, key: str, default: str) -> str:
        """A part of -march."""
        text = self._text(self.raw, key, default)
        if not MARCH.fullmatch(text):
            raise NmcuError(
                f"{self.path}: {key} is {text!r}; it is appended to -march=rv32imc_zicsr: extensions in lower case, "
                "each after an underscore (_zba_zbb1p0)"
            )
        return text

    def _defines(self) -> tuple[str, ...]:
        """Names of macros, which are defined as 1."""
        names = self._texts(self.raw, "defines")
        for name in names:
            if not DEFINE.fullmatch(name):
                raise NmcuError(
                    f"{self.path}: defines has {name!r}; a macro's name has letters, digits and _, and no value: "
                    "it is 1"
                )
        return names

    def _files(self, table: dict[str, Any], key: str) -> tuple[Path, ...]:
        return tuple(self._beside(name) for name in self._texts(table, key))

    def _file(self, table: dict[str, Any], key: str) -> Path | None:
        return self._beside(self._text(table, key)) if key in table else None

    def _folder(self, key: str) -> Path | None:
        if key not in self.raw:
            return None
        path = self.path.parent / self._text(self.raw, key)
        if not is_folder(path):
            raise NmcuError(f"{self.path}: there is no folder {path.name} beside it")
        return path

    def _beside(self, name: str) -> Path:
        path = self.path.parent / name
        if not is_file(path):
            raise NmcuError(f"{self.path}: there is no file {name} beside it")
        return path

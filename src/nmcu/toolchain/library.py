"""A network as a library: sources that any program compiles, without flags, folders to search or a C library."""

import os.path
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nmcu.codegen.program import MAIN, Program
from nmcu.errors import ToolchainError
from nmcu.isa import Extension, InstructionSet
from nmcu.targets import Target
from nmcu.targets.target import DEFAULT_PORT_DIR, LIBRARY_PORT_DIR, PORT
from nmcu.toolchain.build import RUNTIME_DIR
from nmcu.toolchain.places import place_of, roots_of

FOLDER = "src"
"""The folder with the header and all sources."""
CONFIG = "nmcu/nmcu_config.h"
MEMORY = RUNTIME_DIR / "library" / "nmcu_memory.h"
MEMORY_FUNCTIONS = ("memcpy", "memmove", "memset")
RV32 = "defined(__riscv) && __riscv_xlen == 32"
_INCLUDE = re.compile(r'( *# *include +)(["<])([^">]+)[">](.*)')
_OWN = re.compile(r"\bnmcu_(?=\w)")
_EXTENSION = re.compile(r"_([a-z]+)(?:\d+p\d+)?")


@dataclass(frozen=True)
class Library:
    """The network `name`: contents by path, of which `sources` are compiled and programs include `header`. `summary` is
    one line without quotes about it.

    Outside of it only names can be seen that begin with the network's: libraries of several networks, made by any
    versions of nmcu for any targets, link together.
    """

    name: str
    summary: str
    target: Target
    files: Mapping[str, bytes]
    sources: tuple[str, ...]

    @property
    def header(self) -> str:
        """The public header's name."""
        return f"{self.name}.h"


def library_of(program: Program, target: Target, isa: InstructionSet) -> Library:
    """The library of a network planned for `target` and `isa`. What is not compiled for them runs portable bodies."""
    taken = _Taken(program, target, isa)
    native, portable = program.library, program.portable or program.library
    taken.write(CONFIG, _config(target, isa, program))
    taken.port(target)
    weights = f"{program.network.name}_weights.S"  # takes in a file, which compilers find by flags only
    for file, content in program.files.items():
        if isinstance(content, str) and file.endswith((".c", ".h")) and file != MAIN:
            taken.write(file, content)
        elif isinstance(content, str) and file.endswith(".S") and file != weights:
            taken.write(file, f"#if NMCU_NATIVE\n{content}#endif")
    for path in dict.fromkeys((*native, *portable)):
        both = path in native and path in portable
        taken.source(path, "" if both else "NMCU_NATIVE" if path in native else "!NMCU_NATIVE")
    if target.cores > 1 and not target.has_port:
        taken.source(DEFAULT_PORT_DIR / "nmcu_flag_barrier.c", "NMCU_CORES > 1")
    for name in MEMORY_FUNCTIONS:
        taken.source(RUNTIME_DIR / f"{name}.c", "")
    for name, place in (("weights", "NMCU_WEIGHTS"), ("stream", "NMCU_L3")):
        data = program.files.get(f"{program.network.name}_{name}.bin")
        if isinstance(data, bytes) and data:
            symbol = f"{program.network.name}_{name}"
            taken.write(f"{symbol}.c", _array(symbol, place, data, program.network.constants_alignment))
    files = {f"{FOLDER}/{file}": text.encode() for file, text in sorted(taken.files.items())}
    sources = tuple(file for file in files if file.endswith((".c", ".S")))
    summary = f"The int8 network {program.network.name} for {target.name}, {isa}"
    return Library(program.network.name, summary, target, files, sources)


class _Taken:
    """Files of a library as they are collected, with all that they include."""

    def __init__(self, program: Program, target: Target, isa: InstructionSet) -> None:
        self.files: dict[str, str] = {}
        self._name = program.network.name
        self._generated = program.files.keys()
        self._roots = roots_of(program, target, isa)
        portable = (path.parent for path in program.portable or ())
        self._folders = (
            *dict.fromkeys((*program.include_dirs, *portable)),
            *target.include_dirs,
            DEFAULT_PORT_DIR,
            *isa.include_dirs,
        )

    def write(self, place: str, text: str) -> None:
        """Takes a generated file."""
        head = [] if place.endswith(".h") else [f'#include "{_relative(CONFIG, place)}"', ""]
        self.files[place] = "\n".join([*head, *self._lines(text, place, None)]) + "\n"

    def source(self, path: Path, condition: str) -> None:
        """Takes a file to compile, where `condition` holds."""
        place = place_of(path, self._roots)
        text = path.read_text(encoding="utf-8")
        if path.stem in MEMORY_FUNCTIONS:
            text = re.sub(rf"\b{path.stem}\b", f"nmcu_{path.stem}", text)
        lines = [f'#include "{_relative(CONFIG, place)}"', ""]
        lines += [f"#if {condition}", ""] if condition else []
        lines += self._lines(text, place, path.parent)
        lines += ["", "#endif"] if condition else []
        self.files[place] = "\n".join(lines) + "\n"

    def header(self, path: Path) -> str:
        """Takes a file that others include, and says where it lies."""
        place = place_of(path, self._roots)
        if place not in self.files:
            self.files[place] = ""  # files may include each other
            text = path.read_text(encoding="utf-8")
            self.files[place] = "\n".join(self._lines(text, place, path.parent)) + "\n"
        return place

    def port(self, target: Target) -> None:
        """Takes the HAL port: the target's own where it has one, on its cores; else one that needs no hardware."""
        place = f"nmcu/{PORT}"
        anywhere = _relative(self.header(LIBRARY_PORT_DIR / PORT), place)
        text = f'#include "{anywhere}"\n'
        if target.has_port:
            own = _relative(self.header(target.folder / PORT), place)
            text = f'#if {RV32}\n#include "{own}"\n#else\n{text}#endif\n'
        self.files[place] = text

    def _lines(self, text: str, place: str, folder: Path | None) -> list[str]:
        """`text` with includes as paths from `place` and names of nmcu as the network's."""
        return [
            self._included(found, place, folder)
            if (found := _INCLUDE.fullmatch(line))
            else _OWN.sub(f"{self._name}_nmcu_", line)
            for line in text.splitlines()
        ]

    def _included(self, found: re.Match[str], place: str, folder: Path | None) -> str:
        directive, mark, name, rest = found.groups()
        if name == "string.h":
            target = self.header(MEMORY)
        elif mark == "<" or (folder is None and name in self._generated):
            return found.group()
        elif name == PORT:
            target = f"nmcu/{PORT}"
        else:
            target = self.header(self._find(name, place, folder))
        return f'{directive}"{_relative(target, place)}"{rest}'

    def _find(self, name: str, place: str, folder: Path | None) -> Path:
        for candidate in (*([folder] if folder else []), *self._folders):
            if (candidate / name).is_file():
                return candidate / name
        raise ToolchainError(f"{place} includes {name}, which is in no folder of the library")


def _relative(target: str, place: str) -> str:
    return os.path.relpath(target, PurePosixPath(place).parent)


def _config(target: Target, isa: InstructionSet, program: Program) -> str:
    """What each source begins with: for what it is compiled."""
    upper = program.network.name.upper()
    conditions = [RV32, "defined(__riscv_mul)", *(c for e in isa.extensions for c in _conditions(e))]
    native = " && ".join(conditions)
    macros = "".join(f"#ifndef {name}\n#define {name} 1\n#endif\n" for name in isa.defines)
    staged = int(target.memory.staged)
    cores = ""
    if target.cores > 1:
        cores = f"""\
#ifdef {upper}_CORES
#define NMCU_CORES {upper}_CORES
#elif {RV32}
#define NMCU_CORES {target.cores}
#else
#define NMCU_CORES 1
#endif
"""
    elif not target.has_port:
        cores = "#define NMCU_CORES 1\n"
    otherwise = "#define NMCU_NATIVE 0\n"
    if program.portable is None:
        otherwise = f'#error "a kernel has no portable body: compile for {isa}"\n'
    return f"""\
/* What this is compiled for: {target.name} with {isa}, whose kernels are in assembly, or any other machine. */
#ifndef NMCU_CONFIG_H
#define NMCU_CONFIG_H

#if {native}
#define NMCU_NATIVE 1
{macros}#else
{otherwise}#endif
#define NMCU_LIBRARY 1
#define NMCU_STAGED {staged}
{cores}
{_assembler(isa)}
#ifndef __ASSEMBLER__
#include <stdint.h>

/* Float layers round every product, as the reference; copies are no calls of themselves. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off", "no-tree-loop-distribute-patterns")
#endif
#endif

#endif
"""


def _conditions(extension: Extension) -> list[str]:
    """How the compiler says that it has an extension: by the names in `-march`, else by the extension's macros."""
    names = [f"__riscv_{name}" for name in _EXTENSION.findall(extension.march)]
    return [f"defined({name})" for name in names or extension.defines]


def _assembler(isa: InstructionSet) -> str:
    """What assembly files use beyond what the compiler may."""
    more = [
        name for e in isa.extensions for name in _EXTENSION.findall(e.march_assembly) if name not in e.march
    ]
    if not more:
        return ""
    options = "".join(f"    .option arch, +{name}\n" for name in more)
    return f"#if defined(__ASSEMBLER__) && NMCU_NATIVE\n{options}#endif\n"


def _array(symbol: str, place: str, data: bytes, alignment: int) -> str:
    """`data` as C: words are shorter than bytes."""
    words = [f"0x{word:x}" for (word,) in struct.iter_unpack("<I", data + bytes(-len(data) % 4))]
    rows = "".join(f"    {', '.join(words[at : at + 8])},\n" for at in range(0, len(words), 8))
    return f"""\
#include "nmcu_hal.h"

/* {len(data)} bytes, the first of a word in its lowest bits. */
const uint32_t {symbol}[{len(words)}] {place} __attribute__((aligned({alignment}))) = {{
{rows}}};
"""

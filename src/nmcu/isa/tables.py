"""What the simulator is compiled with: C++ files that bring in the tables and code of every extension.

Written for the extensions of this package when it is built (CMakeLists.txt runs this module, with the standard
library only), and at run time where one from elsewhere joins them.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from nmcu.isa.extension import Extension
from nmcu.isa.instruction_set import InstructionSet
from nmcu.isa.rows import BASE_CSRS, BASE_TABLES

NOTE = "// Written by nmcu.isa.tables.\n"


def write(folder: Path, extensions: Sequence[Extension]) -> None:
    """Writes the files that `texts` names into `folder`, those that differ from what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts(extensions).items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def texts(extensions: Sequence[Extension]) -> dict[str, str]:
    """Files by name: what the extensions are (`extensions.hpp`), their instructions and their CSRs.

    Each extension's rows stand between definitions of EXTENSION (its name: the enumerator, and the namespace of its
    formats and functions) and STATE (its part of a core's state). What it requires comes first.
    """
    ordered = InstructionSet.of(extensions).extensions
    return {
        "extensions.hpp": NOTE + "#pragma once\n" + _header(ordered),
        "instructions.def": NOTE + "".join(_instructions(e) for e in (None, *ordered)),
        "csrs.def": NOTE + "".join(_csrs(e) for e in (None, *ordered)),
    }


def files(extension: Extension) -> tuple[Path, ...]:
    """The extension's files that go into the simulator."""
    part = extension.simulator
    optional = (part.formats, part.functions, part.handlers, part.state, part.csrs)
    return (*part.instructions, *(path for path in optional if path is not None))


def _header(extensions: Sequence[Extension]) -> str:
    lines = [_include("iss/format.hpp")]
    for e in extensions:
        lines += [_include(f) for f in (e.simulator.state, e.simulator.functions) if f is not None]
    names = ["base", *(e.name for e in extensions)]
    quoted = ", ".join(f'"{name}"' for name in names)
    lines += [
        "namespace nmcu::iss {",
        f"enum class Extension : uint8_t {{ {', '.join(names)} }};",
        f"inline constexpr const char* EXTENSION_NAMES[] = {{{quoted}}};",
        f"inline constexpr unsigned EXTENSIONS = {len(names)};",
        "// Operand formats by extension: its own and the base's.",
        "namespace base::format { using namespace iss::format; }",
    ]
    for e in extensions:
        lines.append(f"namespace {e.name}::format {{\nusing namespace iss::format;")
        lines += [_include(e.simulator.formats)] if e.simulator.formats else []
        lines.append("}")
    lines.append("// What the extensions add to the state of a core.\nstruct ExtensionStates {")
    lines += [f"  {e.name}::State {e.name};" for e in extensions if e.simulator.state]
    lines += ["};", "}  // namespace nmcu::iss", ""]
    return "\n".join(lines)


def _instructions(extension: Extension | None) -> str:
    if extension is None:
        return _section("base", [_include(table) for table in BASE_TABLES], [])
    part = extension.simulator
    handlers = [_include(part.handlers)] if part.handlers else []
    macros = _macros(part.handlers) if part.handlers else []
    return _section(extension.name, [*handlers, *map(_include, part.instructions)], macros)


def _csrs(extension: Extension | None) -> str:
    if extension is None:
        return _section("base", [_include(BASE_CSRS)], [])
    csrs = extension.simulator.csrs
    return _section(extension.name, [_include(csrs)], []) if csrs else ""


def _section(name: str, lines: Sequence[str], macros: Sequence[str]) -> str:
    start = [f"#define EXTENSION {name}", f"#define STATE state.extensions.{name}"]
    end = [f"#undef {macro}" for macro in (*macros, "STATE", "EXTENSION")]
    return "\n".join([*start, *lines, *end, ""])


def _macros(path: Path) -> list[str]:
    """Names of the macros that a file leaves defined: they end with the extension's rows."""
    text = path.read_text(encoding="utf-8")
    undone = set(re.findall(r"^\s*#\s*undef\s+(\w+)", text, re.MULTILINE))
    defined = dict.fromkeys(re.findall(r"^\s*#\s*define\s+(\w+)", text, re.MULTILINE))
    return [name for name in defined if name not in undone]


def _include(path: Path | str) -> str:
    return f'#include "{path if isinstance(path, str) else path.resolve().as_posix()}"'


if __name__ == "__main__":
    from nmcu.isa import built_in

    write(Path(sys.argv[1]), built_in())

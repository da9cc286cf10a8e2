"""The simulator of an instruction set: this package's own, or one built here with extensions from elsewhere."""

from collections.abc import Sequence
from functools import cache as memoise
from pathlib import Path

from nmcu import cache, isa
from nmcu.errors import NmcuError, ToolchainError
from nmcu.isa import Extension, InstructionSet, rows, tables
from nmcu.sim import native
from nmcu.sim.native import Library
from nmcu.toolchain import hostcxx

SOURCES = Path(__file__).parent
SUFFIXES = (".cpp", ".hpp", ".def", ".inc")
# As in CMakeLists.txt, which says why.
FLAGS = ("-std=c++20", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-fvisibility-inlines-hidden")
GCC_FLAGS = ("-fno-gcse",)
NAME = "libnmcu_simulator.so"


def library_for(accepted: InstructionSet) -> Library:
    """A simulator that knows all extensions of `accepted`.

    The package's own where they all come with it; else one with those and the package's, compiled once from the C++
    sources (about half a minute) and kept in the cache. Raises `ToolchainError` where that fails, or no compiler is
    there, `NmcuError` where no core can have all of them.
    """
    rows.check(accepted.extensions)
    ours = isa.built_in()
    if all(extension in ours for extension in accepted.extensions):
        return native.built_in()
    known = {extension.name: extension for extension in (*ours, *accepted.extensions)}
    return _built(tuple(known.values()))


@memoise
def _built(extensions: tuple[Extension, ...]) -> Library:
    names = [e.name for e in extensions if e not in isa.built_in()]
    foreign = f"extension{'s' if len(names) > 1 else ''} {' and '.join(names)}"
    _check_names(extensions)
    compiler = hostcxx.compiler(f"the simulator of the {foreign}")
    flags = (*FLAGS, *(GCC_FLAGS if hostcxx.is_gcc(compiler) else ()))
    include, files = headers(extensions)
    key = cache.key("simulator", *hostcxx.identity(compiler), *flags, cache.contents(files))

    def make(folder: Path) -> None:
        folders = [f"-I{path}" for path in include]
        source = SOURCES / "api" / "simulator.cpp"
        try:
            hostcxx.run([compiler, *flags, *folders, str(source), "-o", str(folder / NAME)])
        except ToolchainError as error:
            first = next((line for line in error.log.splitlines() if "error:" in line), str(error))
            message = f"the simulator of the {foreign} does not compile: {first}"
            raise ToolchainError(message, error.log) from None

    return Library.load(cache.tree(key, make) / NAME)


def headers(extensions: Sequence[Extension]) -> tuple[list[Path], list[Path]]:
    """What programs around the simulator's headers compile with: folders to include from, and all files they hold.

    The folders have the C++ files of this room and the tables of `extensions`, which must be closed under `requires`.
    """
    key = cache.key("tables", *tables.texts(extensions).values())
    written = cache.tree(key, lambda folder: tables.write(folder, extensions))
    own = sorted(path for path in SOURCES.rglob("*") if path.suffix in SUFFIXES)
    theirs = [path for extension in extensions for path in tables.files(extension)]
    return [SOURCES, written], [*own, *theirs, *(written / name for name in tables.texts(extensions))]


def _check_names(extensions: Sequence[Extension]) -> None:
    """Instructions are enumerators: one simulator cannot have two of a name."""
    owners: dict[str, str] = {}
    for extension in extensions:
        for row in rows.instructions(extension):
            if row.name in owners:
                raise NmcuError(
                    f"{row.where}: {row.name} is an instruction of {owners[row.name]} too; give one of them another "
                    "name"
                )
            owners[row.name] = extension.name

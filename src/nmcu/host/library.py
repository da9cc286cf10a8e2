"""Builds a generated program for this machine and runs it."""

import _ctypes
import ctypes
import platform
import shutil
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ziglang
from numpy.typing import NDArray

from nmcu.codegen import Port, Program
from nmcu.errors import NmcuError, ToolchainError
from nmcu.targets.target import COMMON_DIR, TARGETS_DIR
from nmcu.toolchain import cache
from nmcu.toolchain.build import write_files
from nmcu.toolchain.compiler import environment

OUTPUT = "program.so"
HAL_DIRS = (TARGETS_DIR / "host", COMMON_DIR)
FLAGS = ("-shared", "-fPIC", "-O3", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fno-sanitize=all")


class HostProgram:
    """A program loaded into this process, until `close`, the end of a `with` or its last reference unloads it.

    It has one set of tensors: run it from one thread at a time.
    """

    def __init__(self, program: Program, library: bytes) -> None:
        self._program = program
        self._running = threading.Lock()
        # A file of its own: loading one file twice would give the same tensors twice.
        with tempfile.NamedTemporaryFile(suffix=".so") as file:
            file.write(library)
            file.flush()
            try:
                self._library = ctypes.CDLL(file.name)
            except OSError as error:
                raise NmcuError(f"cannot load the program built for this machine: {error}") from error
        # ctypes itself never unloads a library, and a process may have only so many mappings.
        self._unload = weakref.finalize(self, _ctypes.dlclose, self._library._handle)
        self._unload.atexit = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Unloads the program, once a run that is under way has ended; it cannot run again. Twice does no harm."""
        with self._running:
            self._unload()

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Outputs by tensor name for `inputs`; raises `NmcuError` for inputs that do not fit and where it is closed."""
        with self._running:
            if not self._unload.alive:
                raise NmcuError("this program was closed: build another HostProgram to run it")
            for port in self._program.inputs:
                self._tensor(port)[...] = port.fits(inputs.get(port.name))
            self._library.network_run()
            return {port.name: self._tensor(port).copy() for port in self._program.outputs}

    def _tensor(self, port: Port) -> NDArray[Any]:
        memory = (ctypes.c_int8 * port.bytes).in_dll(self._library, port.symbol)
        return port.array(memoryview(memory))


def build(program: Program) -> bytes:
    """The shared library of a program with portable bodies, built by `zig cc`; cached by content.

    Raises `ToolchainError` with the first diagnostic.
    """
    parts: list[bytes | str] = ["host", version("ziglang"), _machine(), *FLAGS, *program.sources]
    for name, content in (*sorted(program.defines.items()), *sorted(program.files.items())):
        parts += [name, content]
    places = (*program.library, *program.include_dirs, *HAL_DIRS)
    key = cache.key(*parts, cache.contents(places, ".h", ".inc"))
    known = cache.load(key)
    if known is not None:
        return known
    with tempfile.TemporaryDirectory(prefix="nmcu-host-") as folder:
        library = _compile(program, Path(folder))
    cache.store(key, library)
    return library


def _compile(program: Program, folder: Path) -> bytes:
    write_files(program, folder)
    kept, own = cache.guest("zig"), folder / "zig"
    result = _call_zig(program, folder, kept or own)
    if result.returncode != 0 and kept:  # a damaged file in zig's cache fails like a bug here
        result = _call_zig(program, folder, own)
        if result.returncode == 0:
            shutil.rmtree(kept, ignore_errors=True)
    if result.returncode != 0:
        lines = [line for line in result.stderr.splitlines() if "error" in line] or ["no message"]
        raise ToolchainError(f"cannot compile the program for this machine: {lines[0]}", log=result.stderr)
    return (folder / OUTPUT).read_bytes()


def _call_zig(program: Program, folder: Path, zig_cache: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(ziglang.__file__).parent / "zig"),
        "cc",
        *FLAGS,
        *(f"-D{name}={value}" for name, value in sorted(program.defines.items())),
        *(f"-I{path}" for path in (folder, *program.include_dirs, *HAL_DIRS)),
        *program.sources,
        *(str(path) for path in program.library),
        "-o",
        OUTPUT,
    ]
    places = {"ZIG_GLOBAL_CACHE_DIR": str(zig_cache), "ZIG_LOCAL_CACHE_DIR": str(zig_cache)}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=environment() | places, check=False
    )


def _machine() -> str:
    """What `zig cc` compiles for: this processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        found = [line for line in lines if line.startswith(("model name", "flags", "Features"))]
    except OSError:
        found = []
    return " ".join([platform.platform(), platform.machine(), *dict.fromkeys(found)])

"""Builds a generated program for this machine and runs it."""

import _ctypes
import ctypes
import platform
import shutil
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import ziglang
from numpy.typing import NDArray

from nmcu import cache
from nmcu.codegen import Program
from nmcu.errors import NmcuError, ToolchainError
from nmcu.targets.target import COMMON_DIR, TARGETS_DIR
from nmcu.toolchain.build import write_files
from nmcu.toolchain.compiler import environment

OUTPUT = "program.so"
HAL_DIRS = (TARGETS_DIR / "host", COMMON_DIR)
FLAGS = (
    *("-shared", "-fPIC", "-O3", "-std=gnu11", "-ffp-contract=off"),
    *("-Wall", "-Wextra", "-Werror", "-fno-sanitize=all"),
)


class HostProgram:
    """A network loaded into this process, until `close`, the end of a `with` or its last reference unloads it.

    It has one set of memory: run it from one thread at a time.
    """

    def __init__(self, program: Program, library: bytes) -> None:
        self._program = program
        self._running = threading.Lock()
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
        self._memories = [
            _aligned(size, program.network.alignment) for size in program.network.memories.values()
        ]
        self._inputs, self._outputs = (
            [_aligned(port.bytes, program.network.alignment) for port in ports]
            for ports in (program.inputs, program.outputs)
        )
        sized = (part for memory in self._memories for part in (_pointer(memory), _size(memory.size)))
        self._call("init", *sized)

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
        """Outputs by tensor name for `inputs`; states last from call to call until `reset`.

        Raises `NmcuError` for inputs that do not fit and where it is closed.
        """
        with self._open():
            for port, memory in zip(self._program.inputs, self._inputs, strict=True):
                port.array(memory.data)[...] = port.fits(inputs.get(port.name))
            self._call("run", self._arena, _tensors(self._inputs), _tensors(self._outputs))
            return {
                port.name: port.array(memory.data).copy()
                for port, memory in zip(self._program.outputs, self._outputs, strict=True)
            }

    def reset(self) -> None:
        """Give the network's states their initial values; raises `NmcuError` where the program is closed."""
        with self._open():
            self._call("reset", self._arena)

    @contextmanager
    def _open(self) -> Iterator[None]:
        with self._running:
            if not self._unload.alive:
                raise NmcuError("this program was closed: build another HostProgram to run it")
            yield

    @property
    def _arena(self) -> ctypes.c_void_p:
        return _pointer(self._memories[0])

    def _call(self, function: str, *arguments: object) -> None:
        name = f"{self._program.network.name}_{function}"
        status = self._library[name](*arguments)
        assert status == 0, f"{name} returns {status}"


class _Tensor(ctypes.Structure):
    """`NAME_input_t` and `NAME_output_t`."""

    _fields_ = (("data", ctypes.c_void_p), ("bytes", ctypes.c_size_t))


def _tensors(memories: Sequence[NDArray[np.uint8]]) -> ctypes.Array[_Tensor]:
    return (_Tensor * len(memories))(*(_Tensor(m.ctypes.data, m.size) for m in memories))


def _pointer(memory: NDArray[np.uint8]) -> ctypes.c_void_p:
    return ctypes.c_void_p(memory.ctypes.data)


def _size(size: int) -> ctypes.c_size_t:
    return ctypes.c_size_t(size)


def _aligned(size: int, alignment: int) -> NDArray[np.uint8]:
    """`size` bytes of memory at a multiple of `alignment`, with some behind them that may be read."""
    memory = np.zeros(size + 2 * alignment, np.uint8)
    first = -memory.ctypes.data % alignment
    return memory[first : first + size]


def build(program: Program) -> bytes:
    """The shared library of a program with portable bodies, built by `zig cc`; cached by content.

    Raises `ToolchainError` with the first diagnostic.
    """
    parts: list[bytes | str] = ["host", version("ziglang"), _machine(), *FLAGS, *program.library_sources]
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
        *program.library_sources,
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

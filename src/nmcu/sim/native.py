"""The simulator's C functions (api/machine.hpp), the same for every kind of core, as Python classes."""

import ctypes
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from nmcu.errors import NmcuError, SimulationFault

_HANDLE, _TEXT, _WORD, _LONG = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint64
_NEXT = ctypes.CFUNCTYPE(_WORD)
_MACHINE: dict[str, tuple[Any, list[Any]]] = {
    "problem": (_TEXT, []),
    "fields": (_TEXT, []),
    "instructions": (_TEXT, []),
    "csrs": (_TEXT, []),
    "disassemble": (_TEXT, [_WORD, _WORD]),
    "open": (_HANDLE, [_TEXT, _TEXT, _LONG]),
    "close": (None, [_HANDLE]),
    "write": (ctypes.c_int, [_HANDLE, _WORD, _TEXT, _LONG]),
    "read": (ctypes.c_int, [_HANDLE, _WORD, _TEXT, _LONG]),
    "serve": (None, [_HANDLE, _NEXT]),
    "run": (ctypes.c_int, [_HANDLE, _LONG, _LONG]),
    "now": (_LONG, [_HANDLE]),
    "output": (ctypes.c_void_p, [_HANDLE, ctypes.POINTER(_LONG)]),
    "report": (_TEXT, [_HANDLE]),
}
# What only the instruction-set simulator has (api/simulator.cpp).
_TRACES: dict[str, tuple[Any, list[Any]]] = {
    "trace": (ctypes.c_int, [_HANDLE, _TEXT, _TEXT]),
    "end_trace": (None, [_HANDLE]),
}


class Library:
    """A shared library with the machine's functions."""

    def __init__(self, functions: ctypes.CDLL) -> None:
        self.functions = functions
        for name, (result, arguments) in (_MACHINE | _TRACES).items():
            function = getattr(self.functions, f"nmcu_{name}", None)
            if function is not None:
                function.restype, function.argtypes = result, arguments

    @classmethod
    def load(cls, path: Path) -> "Library":
        """The library at `path`; raises `NmcuError` where it cannot be loaded."""
        try:
            return cls(ctypes.CDLL(str(path)))
        except OSError as error:
            raise NmcuError(f"cannot load the simulator {path}: {error}") from error

    @property
    def path(self) -> Path:
        """Where it lies."""
        return Path(self.functions._name)

    @cached_property
    def fields(self) -> Mapping[str, tuple[str, ...]]:
        """Names of machine parameters (`memory_config`, ...), statistics (`core`, ...), `stall_causes`, `faults`."""
        return {key: tuple(names) for key, names in json.loads(self.functions.nmcu_fields()).items()}

    @contextmanager
    def open(self, setup: str, elf: bytes) -> Iterator["Machine"]:
        """A machine with the program in its memory; raises `SimulationFault` where that cannot be."""
        handle = self.functions.nmcu_open(setup.encode(), elf, len(elf))
        if not handle:
            raise SimulationFault(self.problem())
        try:
            yield Machine(self, handle)
        finally:
            self.functions.nmcu_close(handle)

    def problem(self) -> str:
        """Why the last call failed, in one sentence."""
        text: bytes = self.functions.nmcu_problem()
        return text.decode(errors="replace")

    def disassemble(self, word: int, pc: int) -> str:
        """Text of the instruction `word` (16 or 32 bits) at `pc`, with all extensions of this library known."""
        text: bytes = self.functions.nmcu_disassemble(word, pc)
        return text.decode()

    def csrs(self) -> list[dict[str, Any]]:
        """Every CSR that this library knows."""
        found: list[dict[str, Any]] = json.loads(self.functions.nmcu_csrs())
        return found

    def instructions(self) -> list[dict[str, Any]]:
        """Every instruction that this library knows."""
        found: list[dict[str, Any]] = json.loads(self.functions.nmcu_instructions())
        return found


class Machine:
    """A machine of `library` with a program. Addresses and sizes are in bytes."""

    def __init__(self, library: Library, handle: int) -> None:
        self._library = library
        self._c = library.functions
        self._handle = handle
        self._raised: list[Exception] = []

    def write(self, address: int, data: bytes) -> bool:
        """Whether a memory holds all bytes of `data` at `address`; they are copied there."""
        return 0 <= address < 1 << 32 and bool(self._c.nmcu_write(self._handle, address, data, len(data)))

    def read(self, address: int, size: int) -> bytes | None:
        """The bytes at `address`, None where no memory holds all of them."""
        if not (0 <= address < 1 << 32 and 0 <= size < 1 << 32):
            return None
        buffer = ctypes.create_string_buffer(size)
        return buffer.raw if self._c.nmcu_read(self._handle, address, buffer, size) else None

    def run(self, cycles: int, max_cycles: int) -> bool:
        """Runs for at most `cycles` more; whether the run is over."""
        state: int = self._c.nmcu_run(self._handle, cycles, max_cycles)
        if self._raised:
            raise self._raised.pop()
        if state < 0:
            raise SimulationFault(self._library.problem())
        return bool(state)

    def serve(self, next_run: Callable[[], bool]) -> None:
        """From now on `next_run` is asked whenever the program asks whether there is more work; it may read and write.

        `run` raises what it raises; the program is told that there is no more.
        """

        def answer() -> int:
            try:
                return int(next_run())
            except Exception as error:  # C would only print it
                self._raised.append(error)
                return 0

        self._next = _NEXT(answer)  # kept: C calls it
        self._c.nmcu_serve(self._handle, self._next)

    @property
    def now(self) -> int:
        """The cluster's cycle."""
        now: int = self._c.nmcu_now(self._handle)
        return now

    @property
    def output(self) -> bytes:
        """What the program has written."""
        size = ctypes.c_uint64()
        data = self._c.nmcu_output(self._handle, ctypes.byref(size))
        return ctypes.string_at(data, size.value) if size.value else b""

    def report(self) -> dict[str, Any]:
        """The statistics of a run that is over (fields of report.def), or `fault`."""
        text = self._c.nmcu_report(self._handle)
        if text is None:
            raise SimulationFault(self._library.problem())
        found: dict[str, Any] = json.loads(text)
        return found

    @contextmanager
    def traced(self, path: Path, options: str) -> Iterator[None]:
        """Writes a trace to `path` meanwhile (options: api/simulator.cpp); raises OSError where that cannot be."""
        number: int = self._c.nmcu_trace(self._handle, os.fsencode(path), options.encode())
        if number:
            raise OSError(number, os.strerror(number), str(path))
        try:
            yield
        finally:
            self._c.nmcu_end_trace(self._handle)


@cache
def built_in() -> Library:
    """The simulator of this package, with all extensions that come with it."""
    return Library.load(_installed())


def _installed() -> Path:
    name = "libnmcu_simulator" + (".dylib" if sys.platform == "darwin" else ".so")
    for folder in sys.modules[
        __package__
    ].__path__:  # in an editable installation, sources and library lie apart
        path = Path(folder) / name
        if path.is_file():
            return path
    raise NmcuError(f"the simulator {name} is missing from the installed package: install nmcu again")

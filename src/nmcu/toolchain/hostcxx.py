"""The C++ compiler of this machine, and what it makes: built once, kept in the user's cache."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache as memoise
from pathlib import Path

from nmcu.errors import ToolchainError
from nmcu.toolchain import cache

# Hidden: two simulators in one process must not share each other's tables.
SHARED = ("-shared", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden")


@memoise
def compiler(purpose: str) -> str:
    """The compiler named by CXX, else g++, clang++ or c++; raises `ToolchainError` where there is none.

    `purpose` is what needs it, as the subject of the message: `the RTL simulator`.
    """
    for name in filter(None, (os.environ.get("CXX"), "g++", "clang++", "c++")):
        found = shutil.which(name)
        if found:
            return found
    raise ToolchainError(f"{purpose} needs a C++20 compiler: install g++ or clang++, or name one in CXX")


@memoise
def identity(path: str) -> str:
    """What the compiler at `path` says of its version."""
    return subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout


def is_gcc(path: str) -> bool:
    """Whether it is GCC, whatever its name."""
    return "Free Software Foundation" in identity(path)


def run(command: Sequence[str], env: dict[str, str] | None = None) -> None:
    """Runs a compiler or another tool; raises `ToolchainError` with the end of what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        log = done.stdout + done.stderr
        tail = "\n".join(log.splitlines()[-20:])
        raise ToolchainError(
            f"{Path(command[0]).name} failed (exit code {done.returncode}):\n{tail}", log=log
        )


def kept(kind: str, key: str, name: str, make: Callable[[Path], None]) -> Path:
    """The file or folder `name` in the cache under `kind` and `key`; what is missing is made by `make(path)`.

    It is made under another path and moved into place, so that a reader sees all of it or nothing. Raises
    `ToolchainError` where the cache's folder cannot be written.
    """
    path = cache.folder() / kind / key[:32] / name
    if not path.exists():
        try:
            into(path, make)
        except OSError as error:
            raise ToolchainError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    return path


def into(path: Path, make: Callable[[Path], None]) -> None:
    """Makes a file or folder under another name and moves it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".draft-") as draft:
        made = Path(draft) / path.name
        make(made)
        try:
            made.rename(path)
        except OSError:
            if not path.exists():  # otherwise another process was faster
                raise

"""The C++ compiler of this machine, for simulators that are built where they run."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from nmcu.errors import ToolchainError


def compiler(purpose: str) -> str:
    """The path of the compiler named by CXX, else of g++, clang++ or c++; raises `ToolchainError` where there is none.

    `purpose` is what needs it, as the subject of the message: `the RTL simulator`.
    """
    for name in filter(None, (os.environ.get("CXX"), "g++", "clang++", "c++")):
        found = shutil.which(name)
        if found:
            return found
    raise ToolchainError(f"{purpose} needs a C++20 compiler: install g++ or clang++, or name one in CXX")


def identity(path: str) -> tuple[str, ...]:
    """What the results of the compiler at `path` depend on besides its input."""
    return (path, _version(path), platform.machine(), *platform.libc_ver())


def is_gcc(path: str) -> bool:
    """Whether it is GCC, whatever its name."""
    return "Free Software Foundation" in _version(path)


def run(command: Sequence[str], env: dict[str, str] | None = None) -> None:
    """Runs a compiler or a like tool; raises `ToolchainError` with the end of what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        log = done.stdout + done.stderr
        tail = "\n".join(log.splitlines()[-20:])
        raise ToolchainError(f"{Path(command[0]).name} failed (exit code {done.returncode}):\n{tail}", log)


@cache
def _version(path: str) -> str:
    return subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout

"""Which compiler and linker to call, and with which flags."""

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from nmcu.errors import ToolchainError
from nmcu.isa import InstructionSet


@dataclass(frozen=True)
class Compiler:
    """Commands (argument lists) of a C compiler and linker for RISC-V; `identity` changes with them."""

    cc: tuple[str, ...]
    ld: tuple[str, ...]
    identity: str

    def compile_flags(self, isa: InstructionSet, *, assembly: bool, opt: str) -> tuple[str, ...]:
        """Flags for one file; warnings are errors."""
        march = isa.march_assembly if assembly else isa.march
        return (
            f"-march={march}",
            "-mabi=ilp32",
            "-mno-relax",
            "-ffreestanding",
            "-fno-common",
            "-fno-ident",
            "-ffunction-sections",
            "-fdata-sections",
            "-Wall",
            "-Wextra",
            "-Werror",
            opt,
            "-g",
            *(f"-D{name}=1" for name in isa.defines),
        )


def find_compiler(command: str | None = None) -> Compiler:
    """The compiler to use: `command`, else the environment's NMCU_CC, else clang from the `ziglang` wheel.

    A compiler of the user's own understands clang's flags and the CORE-V extensions; NMCU_LD names its
    linker (default `ld.lld`). Raises `ToolchainError` where it cannot be found.
    """
    command = command or os.environ.get("NMCU_CC")
    if command:
        return _named(command, os.environ.get("NMCU_LD") or "ld.lld")
    return _bundled()


@cache
def _bundled() -> Compiler:
    try:
        import ziglang
    except ImportError as error:
        raise ToolchainError(
            "the compiler package ziglang is not installed; install it or name a compiler in NMCU_CC"
        ) from error
    folder = Path(ziglang.__file__).parent
    zig = str(folder / "zig")
    return Compiler(
        cc=(
            zig,
            "clang",
            "--target=riscv32-unknown-elf",
            "-isystem",
            str(folder / "lib" / "include"),
        ),
        ld=(zig, "ld.lld"),
        identity=f"ziglang {version('ziglang')}",
    )


@cache
def _named(command: str, linker: str) -> Compiler:
    cc, ld = tuple(shlex.split(command)), tuple(shlex.split(linker))
    for program in (cc[0], ld[0]):
        if shutil.which(program) is None:
            raise ToolchainError(f"the compiler or linker {program!r} (NMCU_CC, NMCU_LD) was not found")
    found = subprocess.run([*cc, "--version"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise ToolchainError(f"{command!r} (NMCU_CC) does not answer to --version; is it a C compiler?")
    if "clang" in found.stdout:
        cc = (*cc, "--target=riscv32-unknown-elf")
    return Compiler(cc=cc, ld=ld, identity=f"{command} {linker} {found.stdout}")

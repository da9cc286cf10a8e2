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

UNSEEN = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "CCC_OVERRIDE_OPTIONS")


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
            "-ffp-contract=off",  # float layers round every product, as the reference
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


def environment() -> dict[str, str]:
    """What compilers see of the environment: not the variables that would bring in files unseen."""
    return {**{name: value for name, value in os.environ.items() if name not in UNSEEN}, "LC_ALL": "C"}


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
    programs = " ".join(map(_fingerprint, (cc[0], ld[0])))
    return Compiler(cc=cc, ld=ld, identity=f"{shlex.join(cc)} {shlex.join(ld)} {programs} {found.stdout}")


def _fingerprint(program: str) -> str:
    """Which file a command is, and its state: another version may come under the same name."""
    path = Path(shutil.which(program) or program).resolve()
    return f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"

"""Assembly for plain RV32IM is what GCC's assembler takes, too: firmware is built with either compiler."""

import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from isas import RV32
from nmcu.kernels.kernel import COMMON_DIR, KERNELS_DIR
from nmcu.toolchain.compiler import Compiler, find_compiler

GCC = "riscv64-unknown-elf-gcc"
BODIES = sorted(KERNELS_DIR.glob("*/*_rv32.S"))
needs_gcc = pytest.mark.skipif(
    shutil.which(GCC) is None, reason=f"{GCC} is not installed (Debian: gcc-riscv64-unknown-elf)"
)


def assembled(compiler: Compiler, source: Path, output: Path) -> dict[str, bytes]:
    """Code by section."""
    includes = [f"-I{folder}" for folder in (COMMON_DIR, KERNELS_DIR / "conv", KERNELS_DIR / "records")]
    flags = [f for f in compiler.compile_flags(RV32, assembly=True, opt="-O2") if f != "-mno-relax"]
    subprocess.run([*compiler.cc, *flags, *includes, "-c", str(source), "-o", str(output)], check=True)
    with output.open("rb") as file:
        sections = ELFFile(file).iter_sections()
        return {s.name: s.data() for s in sections if s.name.startswith(".text.")}


def test_there_are_scalar_bodies() -> None:
    assert {"dense_4x4_rv32.S", "word_gather_g1x8_rv32.S"} <= {path.name for path in BODIES}


@needs_gcc
@pytest.mark.parametrize("source", BODIES, ids=lambda path: path.stem)
def test_both_assemblers_make_the_same_code(source: Path, tmp_path: Path) -> None:
    ours = assembled(find_compiler(), source, tmp_path / "clang.o")
    theirs = assembled(Compiler(cc=(GCC,), ld=(), identity=GCC), source, tmp_path / "gcc.o")
    assert ours.keys() == theirs.keys()
    for name, code in ours.items():
        assert theirs[name].startswith(code), name
        assert len(theirs[name]) - len(code) < 4, "no more than what fills a word"

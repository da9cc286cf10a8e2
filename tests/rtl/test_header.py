"""nmcu_xdec.h with clang and GCC, and the manual's worked example on the RTL."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile

from isas import named
from nmcu.rtl import flat
from nmcu.toolchain.compiler import find_compiler

XDEC = named("xdec")
INCLUDE = XDEC.include_dirs[0]
MANUAL = Path(__file__).parents[2] / "docs" / "xdecimate.md"
MNEMONICS = ("nm.dec.m4", "nm.dec.m8", "nm.dec.m16", "nm.decp.m4", "nm.decp.m8", "nm.decp.m16")
WORDS = [0x7C001073, 0x007652AB, 0x027652AB, 0x047652AB, 0x087652AB, 0x0A7652AB, 0x0C7652AB]
C_TEXT = """
#include "nmcu_xdec.h"
uint32_t f(const int8_t *x, uint32_t offsets) {
  uint32_t word = 0;
  nmcu_xdec_set(0);
  for (int i = 0; i < 4; i++) nmcu_xdec(NMCU_XDEC_F7_M8, word, x, offsets);
  nmcu_xdec(NMCU_XDEC_F7_PAIR + NMCU_XDEC_F7_M16, word, x, offsets);
  return word + nmcu_xdec_get();
}
"""


def _compiler(name: str) -> list[str]:
    if name == "clang":
        return list(find_compiler().cc)
    found = shutil.which("riscv64-unknown-elf-gcc") or shutil.which("riscv32-unknown-elf-gcc")
    if found is None:
        pytest.skip("no GCC for RISC-V here (Debian: gcc-riscv64-unknown-elf)")
    return [found]


def _text_words(compiler: list[str], source: Path) -> list[int]:
    target = source.with_suffix(".o")
    flags = ["-march=rv32i_zicsr", "-mabi=ilp32", "-ffreestanding", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*compiler, *flags, f"-I{INCLUDE}", "-c", source, "-o", target], check=True)
    with target.open("rb") as file:
        section = ELFFile(file).get_section_by_name(".text")
        assert section is not None
        return np.frombuffer(section.data(), "<u4").tolist()


@pytest.mark.parametrize("name", ["clang", "gcc"])
def test_assembles_and_compiles(tmp_path: Path, name: str) -> None:
    compiler = _compiler(name)
    lines = ['#include "nmcu_xdec.h"', "csrw NMCU_XDEC_CSR, zero", *(f"{m} t0, a2, t2" for m in MNEMONICS)]
    (tmp_path / "a.S").write_text("\n".join(lines) + "\n")
    assert _text_words(compiler, tmp_path / "a.S") == WORDS
    (tmp_path / "c.c").write_text(C_TEXT)
    words = _text_words(compiler, tmp_path / "c.c")
    kinds = [word >> 25 for word in words if word & 0x707F == 0x502B]
    assert kinds.count(1) in (1, 4) and kinds.count(6) == 1  # a loop, or unrolled


def test_worked_example(assemble: Callable[[str], bytes]) -> None:
    """Two pixels, 24 non-zeros at 1:8, against NumPy."""
    section = MANUAL.read_text().split("### Worked example")[1]
    found = re.search(r"```\n(.*?)```", section, re.S)
    assert found is not None
    body = found[1].replace('#include "nmcu_xdec.h"', "")
    blocks = 24
    rng = np.random.default_rng(3)
    weights = rng.integers(-128, 128, blocks).astype(np.int8)
    offsets = rng.integers(0, 8, blocks)
    pixels = rng.integers(-128, 128, (2, 8 * blocks)).astype(np.int8)
    packed = sum(int(o) << (4 * (i % 8)) << (32 * (i // 8)) for i, o in enumerate(offsets))
    head = "li a0, 0x1000; li a1, 0x1100; li a2, 0x1200; li a3, 0x1400; li a4, 3; li a5, 0; li a6, 0\n"
    tail = "li s1, 0x1800; sw a5, 0(s1); sw a6, 4(s1); li t6, 0x1A100000; sw zero, 0(t6); 2: j 2b\n"
    code = assemble(head + body + tail)
    memory = bytearray(0x2000)
    memory[: len(code)] = code
    memory[0x1000 : 0x1000 + blocks] = weights.tobytes()
    memory[0x1100 : 0x1100 + blocks // 2] = packed.to_bytes(blocks // 2, "little")
    for pixel, data in enumerate(pixels):
        start = 0x1200 + 0x200 * pixel
        memory[start : start + len(data)] = data.tobytes()
    done = flat.run(bytes(memory), XDEC)
    taken = pixels[:, 8 * np.arange(blocks) + offsets].astype(np.int64)
    expected = (taken * weights).sum(axis=1)
    got = [np.uint32(done.word(0x1800 + 4 * i)).astype(np.int32) for i in range(2)]
    assert got == expected.tolist()

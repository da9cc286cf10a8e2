"""The headers of xDecimate and gmac with clang and GCC, and the manuals' worked examples on the RTL."""

import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile

from isas import GMAC, XDEC
from nmcu import targets
from nmcu.isa import InstructionSet
from nmcu.rtl import flat
from nmcu.sim import simulate
from nmcu.sim.instructions import disassemble
from nmcu.toolchain.compiler import find_compiler

DOCS = Path(__file__).parents[2] / "docs"
MNEMONICS = ("nm.dec.m4", "nm.dec.m8", "nm.dec.m16", "nm.decp.m4", "nm.decp.m8", "nm.decp.m16")
WORDS = [0x7C001073, 0x007652AB, 0x027652AB, 0x047652AB, 0x087652AB, 0x0A7652AB, 0x0C7652AB]
GMAC_LINES = """
nm.gmac.m1 t0, a2, 3; nm.gmac.m4 t0, a2, t2, 15; nm.gmac.m8 t0, a2, t2, 7; nm.gmac.m16 t0, a2, t2, 0
nm.gmaci.m1 t0, a2, 0; nm.gmaci.m4 t0, a2, t2, 9; nm.gmaci.m8 t0, a2, t2, 1; nm.gmaci.m16 t0, a2, t2, 7
nm.gmacb.m4 t0, a2, t2, 15; nm.gmacb.m8 t0, a2, t2, 7; nm.gmacb.m16 t0, a2, t2, 0
nm.gmacbi.m4 t0, a2, t2, 9; nm.gmacbi.m8 t0, a2, t2, 1; nm.gmacbi.m16 t0, a2, t2, 7
nm.acc.push t0, a2; nm.acc.scale t0, a2, t2; nm.pack.b t0, a2, t2
"""
GMAC_C_TEXT = """
#include "nmcu_gmac.h"
uint32_t f(const int8_t *x, uint32_t w, uint32_t offsets) {
  uint32_t word = 0;
  nmcu_acc_push(5);
  nmcu_gmac(NMCU_GMAC_M8, w, x, offsets, 3);
  nmcu_gmac_advance(NMCU_GMAC_M4, w, x, offsets, 15);
  nmcu_gmac_dense(w, x, 3);
  nmcu_gmac_dense_advance(w, x, 1);
  nmcu_gmac_byte(NMCU_GMAC_M16, w, x, offsets, 7);
  nmcu_gmac_byte_advance(NMCU_GMAC_M4, w, x, offsets, 9);
  word = nmcu_pack_b(word, nmcu_acc_scale(100, 512), 10);
  return word + (uint32_t)nmcu_acc_scale(7, 0);
}
"""
GMAC_CALLS = """
nm.acc.push nm.gmac.m8 nm.gmaci.m4 nm.gmac.m1 nm.gmaci.m1 nm.gmacb.m16 nm.gmacbi.m4 nm.acc.scale nm.pack.b nm.acc.scale
"""
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


def _text_words(compiler: list[str], source: Path, isa: InstructionSet = XDEC) -> list[int]:
    target = source.with_suffix(".o")
    flags = ["-march=rv32i_zicsr", "-mabi=ilp32", "-ffreestanding", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*compiler, *flags, f"-I{isa.include_dirs[0]}", "-c", source, "-o", target], check=True)
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


@pytest.mark.parametrize("name", ["clang", "gcc"])
def test_gmac_assembles_and_compiles(tmp_path: Path, name: str) -> None:
    compiler = _compiler(name)
    lines = [line.strip() for line in GMAC_LINES.replace(";", "\n").strip().splitlines()]
    (tmp_path / "a.S").write_text("\n".join(['#include "nmcu_gmac.h"', *lines]) + "\n")
    assert [disassemble(word) for word in _text_words(compiler, tmp_path / "a.S", GMAC)] == lines
    (tmp_path / "c.c").write_text(GMAC_C_TEXT)
    words = _text_words(compiler, tmp_path / "c.c", GMAC)
    names = [text.split()[0] for text in map(disassemble, words) if text.startswith("nm.")]
    assert sorted(names) == sorted(GMAC_CALLS.split())


@pytest.mark.parametrize(
    "line", ["nm.gmac.m1 t0, a2, 4", "nm.gmac.m4 t0, a2, t2, 16", "nm.gmacbi.m8 t0, a2, t2, 8"]
)
def test_an_offset_that_there_is_not(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.S").write_text(f'#include "nmcu_gmac.h"\n{line}\n')
    command = [*_compiler("clang"), "-march=rv32i", f"-I{GMAC.include_dirs[0]}", "-c", tmp_path / "a.S"]
    done = subprocess.run([*command, "-o", tmp_path / "a.o"], capture_output=True, text=True, check=False)
    assert done.returncode and "gmac: the last operand is a number from 0 to" in done.stderr


def _example(manual: str) -> str:
    section = (DOCS / manual).read_text().split("### Worked example")[1]
    found = re.search(r"```\n(.*?)```", section, re.S)
    assert found is not None
    return re.sub("#include.*", "", found[1])


def test_worked_example(assemble: Callable[[str], bytes]) -> None:
    """Two pixels, 24 non-zeros at 1:8, against NumPy."""
    body = _example("xdecimate.md")
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


ROUNDS = 36  # 288 non-zeros, as of 3x3 x 256 channels at 1:8
CYCLES_OF_A_ROUND = 11  # 32 products: 0.344 cycles each


def _gmac_example(assemble: Callable[[str], bytes], rounds: int) -> tuple[bytes, int]:
    """The memory of a program that runs the manual's example, and the word that it should leave at 0x1000."""
    rng = np.random.default_rng(rounds)
    blocks = 8 * rounds
    weights = rng.integers(-128, 128, blocks).astype(np.int8)
    offsets = rng.integers(0, 8, blocks)
    pixels = rng.integers(-128, 128, (8 * blocks, 4)).astype(np.int8)
    packed = sum(int(o) << (4 * i) for i, o in enumerate(offsets))
    multiplier, shift = 3, 13
    addend = (3 << shift) + (1 << (shift - 1)) + 1000 * multiplier
    code = assemble(
        f"li a0, 0x2000; li a1, 0x3000; li a2, 0x4000; li a3, 0x1000; li a4, {rounds}\n"
        f"li s2, {multiplier}; li s3, {addend}; li s4, {shift}\n{_example('gmac.md')}\n"
        "li t6, 0x1A100000; sw zero, 0(t6); 2: j 2b\n"
    )
    memory = bytearray(0x10000)
    for at, data in (
        (0, code),
        (0x2000, weights.tobytes()),
        (0x3000, packed.to_bytes(blocks // 2, "little")),
        (0x4000, pixels.tobytes()),
    ):
        memory[at : at + len(data)] = data
    sums = (pixels[8 * np.arange(blocks) + offsets].astype(np.int64) * weights[:, None]).sum(axis=0)
    results = np.clip((sums * multiplier + addend) >> shift, -128, 127).astype(np.int8)
    assert len(set(results.tolist())) > 2
    return bytes(memory), int.from_bytes(results.tobytes(), "little")


def test_gmac_worked_example(assemble: Callable[[str], bytes]) -> None:
    """One channel, four pixels at 1:8, against NumPy: 11 cycles for 32 products, on the simulator and the RTL."""
    cycles = {}
    for rounds in (ROUNDS, 2 * ROUNDS):
        memory, expected = _gmac_example(assemble, rounds)
        done = flat.run(memory, GMAC)
        assert done.word(0x1000) == expected
        simulated = simulate(_elf(memory), targets.get("cv32e40p"), isa=GMAC, reads=[(0x1000, 4)])
        assert int.from_bytes(simulated.memory[0], "little") == expected
        cycles[rounds] = (done.cycles, simulated.cycles)
    for once, twice in zip(cycles[ROUNDS], cycles[2 * ROUNDS], strict=True):
        assert twice - once == ROUNDS * CYCLES_OF_A_ROUND


def _elf(memory: bytes) -> bytes:
    """An ELF file whose one segment is `memory`, from address 0, where it starts."""
    header = b"\x7fELF\x01\x01\x01" + bytes(9)
    header += struct.pack("<HHIIIIIHHHHHH", 2, 243, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return header + struct.pack("<8I", 1, 84, 0, 0, len(memory), len(memory), 7, 4) + memory

"""Damaged ELF files and random code, with AddressSanitizer and UndefinedBehaviourSanitizer watching the simulator.

The platform is compiled without Python (harness.cpp). A longer run: `harness fuzz 3600 SEED FILE...`.
"""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from isas import CORE_V_TARGETS, XCV
from nmcu import targets
from nmcu.isa import built_in
from nmcu.sim.build import headers
from nmcu.toolchain import build
from sim.assembly import assemble

HERE = Path(__file__).parent
SECONDS = 20
# Writable code that changes itself, counts events, loops and traps.
RESTLESS = """
.option norelax
.option norvc
.globl _start
_start: la t1, 5f
csrw mtvec, t1
li t0, 0x3fe
csrw mhpmevent3, t0
1: csrci mcountinhibit, 8
auipc t0, 0
lui t1, 0x700
addi t1, t1, 0x513
sw t1, 28(t0)
fence.i
.insn i 0x2b, 4, x12, x5, 6
addi a0, a0, 1
csrr a1, mcause
lw a2, 0(t0)
ecall
csrsi mcountinhibit, 8
csrr a1, mhpmcounter3
j 1b
.balign 256
5: csrr t2, mepc
addi t2, t2, 4
csrw mepc, t2
mret
"""
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_random_code_and_files_never_hurt_the_simulator(tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++ with sanitizers")
    harness = tmp_path / "harness"
    include = [f"-I{folder}" for folder in headers(built_in())[0]]
    source = str(HERE / "harness.cpp")
    subprocess.run(
        [compiler, "-std=c++20", "-O0", *SANITIZERS, *include, source, "-o", str(harness)], check=True
    )
    files = []
    for name in CORE_V_TARGETS:
        image = build([HERE / "programs" / "mix.c"], targets.get(name), XCV, defines={"NMCU": "1"})
        files.append(tmp_path / f"{name}.elf")
        files[-1].write_bytes(image.elf)
    restless = bytearray(assemble(RESTLESS))
    struct.pack_into(
        "<I", restless, struct.unpack_from("<I", restless, 28)[0] + 24, 7
    )  # the first segment: all rights
    files.append(tmp_path / "restless.elf")
    files[-1].write_bytes(restless)
    done = subprocess.run(
        [str(harness), "fuzz", str(SECONDS), "1", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "illegal_instruction" in done.stdout

"""xDecimate: all block sizes, the paired form, the counter, and that only `xdec` has it."""

import random
import struct

import pytest

from nmcu import targets
from nmcu.sim import ProgramFault, simulate
from sim.assembly import assemble

DATA, RESULTS = 0x8000_0000, 0x8010_0000


def dec(m: int, paired: bool, rd: str, rs1: str, rs2: str) -> str:
    return f".insn r 0x2b, 5, {(4 if paired else 0) | {4: 0, 8: 1, 16: 2}[m]}, {rd}, {rs1}, {rs2}"


def run(body: list[str], count: int, data: bytes, isa: str = "xdec") -> tuple[int, ...]:
    lines = [".option norelax", ".globl _start", "_start:", f"li s1, {RESULTS}", f"li a0, {DATA}", *body]
    lines += ["li t0, 0x1a100000", "sw zero, 0(t0)", "8: j 8b", ""]
    result = simulate(
        assemble("\n".join(lines)),
        targets.get("cv32e40p"),
        isa=isa,
        writes={DATA: data},
        reads=[(RESULTS, 4 * count)],
    )
    return struct.unpack(f"<{count}I", result.memory[0])


@pytest.mark.parametrize("m", [4, 8, 16])
@pytest.mark.parametrize("paired", [False, True])
def test_gathers_bytes_into_lanes(m: int, paired: bool) -> None:
    r = random.Random(m + paired)
    data, offsets, start = r.randbytes(1024), r.getrandbits(32), 5
    body = [f"csrwi 0x7c0, {start}", f"li a1, {offsets:#x}", "li a2, 0x11223344"]
    expected, rd, counter = [], 0x11223344, start
    for i in range(20):
        body += [dec(m, paired, "a2", "a0", "a1"), f"sw a2, {4 * i}(s1)"]
        c = counter >> 1 if paired else counter
        offset = offsets >> 2 * (c % 16) & 3 if m == 4 else offsets >> 4 * (c % 8) & 15
        lane = 8 * (c % 4)
        rd = rd & ~(0xFF << lane) & 0xFFFFFFFF | data[m * c + offset] << lane
        expected.append(rd)
        counter += 1
    body += ["csrr a3, 0x7c0", "sw a3, 80(s1)"]
    assert run(body, 21, data) == (*expected, counter)


def test_the_counter_has_16_bits() -> None:
    body = ["li t1, 0x1ffff", "csrw 0x7c0, t1", "csrr t2, 0x7c0", "sw t2, 0(s1)"]
    assert run(body, 1, b"") == (0xFFFF,)


@pytest.mark.parametrize("isa", ["rv32", "xcv"])
def test_other_cores_do_not_have_it(isa: str) -> None:
    with pytest.raises(ProgramFault, match="illegal instruction"):
        run([dec(4, False, "a2", "a0", "a1")], 1, b"", isa)


def test_no_other_encoding_is_accepted() -> None:
    for funct7 in (3, 7, 8, 64):
        with pytest.raises(ProgramFault, match="illegal instruction"):
            run([f".insn r 0x2b, 5, {funct7}, a2, a0, a1"], 1, b"")

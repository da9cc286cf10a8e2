"""gmac on the simulator: every form against a model of its own, from memory near and far, its time, who has it."""

import random
import struct

import pytest

from gmac_model import FORMS, Form, Model, pack
from nmcu import targets
from nmcu.sim import ProgramFault, SimResult, simulate
from nmcu.sim.instructions import disassemble
from sim.assembly import assemble

HEADER = '#include "nmcu_gmac.h"'
CODE_AT = {"cv32e40p": 0, "cluster8": 0x1C00_0000}
FAR = {"cv32e40p": 0x8000_0000, "cluster8": 0x1C10_0000}
"""Where the data of a test lie; on the cluster, each access there takes 15 cycles."""
NEAR = {"cv32e40p": 0x8000_0000, "cluster8": 0x1000_8000}


def run(
    body: list[str], count: int, data: bytes, at: int, target: str = "cv32e40p", isa: str = "gmac"
) -> SimResult:
    """Runs `body`: s0 is the address of `data`, s1 that of `count` words of results behind it."""
    results = at + 0x4000
    lines = [HEADER, ".option norelax", ".globl _start", "_start:", "csrr t0, mhartid", "bnez t0, 8f"]
    lines += [
        f"li s1, {results}",
        f"li s0, {at}",
        *body,
        "li t0, 0x1a100000",
        "sw zero, 0(t0)",
        "8: j 8b",
        "",
    ]
    return simulate(
        assemble("\n".join(lines), CODE_AT[target]),
        targets.get(target),
        isa=isa,
        writes={at: data},
        reads=[(results, 4 * count)],
    )


def words(result: SimResult) -> list[int]:
    return list(struct.unpack(f"<{len(result.memory[0]) // 4}I", result.memory[0]))


@pytest.mark.parametrize("target", FAR)
@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_gathers(form: Form, target: str) -> None:
    r = random.Random(form.name)
    data = r.randbytes(2048)
    for at in (FAR[target], NEAR[target]):
        model, base = Model(data), r.randrange(8)
        weights, offsets = r.getrandbits(32), r.getrandbits(32)
        body = [f"addi s0, s0, {base}", f"li a1, {offsets}", f"li a2, {weights}"]
        for sel in [*range(form.sels), *range(form.sels)]:
            body.append(form.text("a2", "s0", "a1", sel))
            base = form.run(model, weights, base, offsets, sel)
        body += [f"nm.acc.push a0, a1; sw a0, {4 * i}(s1)" for i in range(6)] + ["sw s0, 24(s1)"]
        expected = [model.push(offsets) for _ in range(6)]
        assert words(run(body, 7, data, at, target)) == [*expected, at + base]


def test_rescaling() -> None:
    r = random.Random(1)
    model, body, expected, packed = Model(b""), ["li a4, 0"], [], 0
    for index in range(40):
        value, factor, addend, shift = (r.getrandbits(32) >> r.randrange(30) for _ in range(4))
        body += [f"li a0, {value}", *["nm.acc.push zero, a0"] * 4]
        model.accumulators = [value - (value >> 31 << 32)] * 4
        body += [f"li a1, {factor}", f"li a2, {addend}", f"li a3, {shift}", "nm.acc.scale a0, a1, a2"]
        body += ["nm.pack.b a4, a0, a3", f"sw a0, {8 * index}(s1)", f"sw a4, {8 * index + 4}(s1)"]
        scaled = model.scale(factor, addend)
        packed = pack(packed, scaled, shift)
        expected += [scaled, packed]
    assert words(run(body, 80, b"", FAR["cv32e40p"])) == expected


def test_who_waits_for_a_gather() -> None:
    """A dot product of bytes and what reads accumulators, right behind it; counted as cycles of the multiplier."""
    at = FAR["cv32e40p"]
    gather = "nm.gmac.m1 a2, s0, 0"

    def cycles(*body: str) -> tuple[int, int]:
        result = run([*body] * 8, 1, b"", at)
        return result.cycles, result.cores[0].stalls["multi_cycle"]

    nothing = run([], 1, b"", at).cycles
    for other in (
        "cv.sdotsp.b a4, a5, a6",
        "cv.dotup.sc.b a4, a5, a6",
        "nm.acc.push a4, a5",
        "nm.acc.scale a4, a5, a6",
    ):
        assert cycles(gather, other) == (nothing + 24, 8), other
        assert cycles(gather, "nop", other) == (nothing + 24, 0), other
    for other in (
        "cv.sdotsp.h a4, a5, a6",
        "cv.mac a4, a5, a6",
        "nm.pack.b a4, a5, a6",
        "add a4, s0, a2",
        gather,
    ):
        assert cycles(gather, other) == (nothing + 16, 0), other


@pytest.mark.parametrize("isa", ["rv32", "xcv", "xdec"])
def test_other_cores_do_not_have_it(isa: str) -> None:
    for text in ("nm.gmac.m8 a2, s0, a1, 3", "nm.gmacb.m4 a2, s0, a1, 3", "nm.acc.push a0, a1"):
        with pytest.raises(ProgramFault, match="illegal instruction"):
            run([text], 1, b"", FAR["cv32e40p"], isa=isa)


@pytest.mark.parametrize(
    "text",
    [
        ".insn r 0x2b, 7, 0x04, a2, s0, x0",  # M = 1 has four weights,
        ".insn r 0x2b, 7, 0x00, a2, s0, a1",  # and no offsets
        ".insn r 0x2b, 7, 0x28, a2, s0, a1",  # M = 8 has eight offsets
        ".insn r 0x2b, 6, 0x38, a2, s0, a1",
        ".insn r 0x2b, 6, 0x00, a2, s0, x0",  # no bytes for M = 1
        ".insn r 0x2b, 6, 0x40, a2, s0, a1",
        ".insn r 0x2b, 6, 0x43, a2, s0, a1",
    ],
)
def test_no_other_encoding_is_accepted(text: str) -> None:
    with pytest.raises(ProgramFault, match="illegal instruction"):
        run([text], 1, b"", FAR["cv32e40p"])


def test_disassembly() -> None:
    assert disassemble(0xC6C5_FFAB & ~(1 << 28)) == "nm.gmaci.m8 t6, a1, a2, 3"
    assert disassemble(0x0200_70AB | 10 << 15) == "nm.gmac.m1 ra, a0, 1"
    assert disassemble(0x82C5_E52B) == "nm.acc.scale a0, a1, a2"

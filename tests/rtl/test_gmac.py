"""gmac on the Verilated core: every form, hazards, memory stalls, traps, interrupts, illegal encodings."""

from functools import partial

import numpy as np
import pytest

from gmac_model import FORMS, Form, Model, pack
from nmcu.rtl.flat import Stalls
from rtl import programs
from rtl.programs import BUFFER, EXIT, RESULT, Assemble, every_stall, handler, image, results

run = partial(programs.run, isa="gmac")
READ_ALL = "".join(f"nm.acc.push t{i}, zero; sw t{i}, {4 * i}(s1);" for i in range(4)) + "addi s1, s1, 16"


@every_stall
@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_forms(assemble: Assemble, form: Form, stalls: Stalls) -> None:
    """Random offsets and weights, every number of an offset, bases at any byte, in runs of different lengths."""
    rng = np.random.default_rng(form.m + form.byte)
    model = Model(image())
    text = [f"li s1, {RESULT}"]
    expected: list[int] = []
    for _ in range(6):
        base = BUFFER + int(rng.integers(0, 8))
        offsets, weights = (int(v) for v in rng.integers(0, 1 << 32, 2))
        start = [int(v) for v in rng.integers(0, 1 << 32, 4)]
        text.append(f"li s0, {base}; li a1, {offsets}; li a2, {weights}")
        for value in start:
            text.append(f"li a0, {value}; nm.acc.push zero, a0")
            model.push(value)
        for sel in rng.permutation(form.sels)[: int(rng.integers(1, form.sels + 1))]:
            text.append(form.text("a2", "s0", "a1", int(sel)))
            base = form.run(model, weights, base, offsets, int(sel))
        text += [READ_ALL, "sw s0, 0(s1); addi s1, s1, 4"]
        expected += [*(model.push(0) for _ in range(4)), base]
    done = run(assemble("\n".join(text) + EXIT), stalls=stalls)
    assert results(done, len(expected)) == expected


@every_stall
def test_rescaling(assemble: Assemble, stalls: Stalls) -> None:
    """nm.acc.scale and nm.pack.b with values at the edges, right behind each other and behind gathers."""
    rng = np.random.default_rng(5)
    model = Model(image())
    text, expected = [f"li s1, {RESULT}; li s0, {BUFFER}; li a2, 0x7f80ff01; li s2, 0"], []
    packed = 0
    for round_ in range(12):
        for _ in range(4):
            value = int(rng.choice([0, 1, -1, 127, 128, -128, -129, 1 << 31, *rng.integers(-9999, 9999, 4)]))
            text.append(f"li a0, {value}; nm.acc.push zero, a0")
            model.push(value)
        if round_ % 2:
            text.append("nm.gmac.m1 a2, s0, 2")
            model.gather(0x7F80FF01, BUFFER, 0, 1, 2, byte=False, advance=False)
        factor, addend, shift = (int(v) for v in rng.integers(-1000, 1000, 3))
        text.append(f"li a3, {factor}; li a4, {addend}; li a5, {shift}")
        for _ in range(4):
            text.append(
                "nm.acc.scale t0, a3, a4; nm.pack.b s2, t0, a5; sw t0, 0(s1); sw s2, 4(s1); addi s1, s1, 8"
            )
            value = model.scale(factor, addend)
            packed = pack(packed, value, shift)
            expected += [value, packed]
    text.append(READ_ALL)
    expected += [0] * 4
    done = run(assemble("\n".join(text) + EXIT), stalls=stalls)
    assert results(done, len(expected)) == expected


TIMES = [
    ("nm.gmaci.m8 a2, s0, a1, 3\n" * 32, 32),
    ("nm.gmaci.m8 a2, s0, a1, 3\nnm.gmac.m1 a2, s2, 0\nnm.gmacbi.m4 a2, s2, a1, 9\n" * 8, 24),
    ("nm.gmaci.m8 a2, s0, a1, 3\nadd t0, s0, s0\n" * 4, 8),  # the base is there at once
    ("nm.gmaci.m8 a2, s0, a1, 3\nmv a2, t0\n" * 4, 8),  # weights are read, not loaded
    ("nm.gmac.m8 a2, s0, a1, 3\ncv.sdotsp.b t0, t1, t2\n" * 4, 12),
    ("nm.gmac.m8 a2, s0, a1, 3\nnop\ncv.sdotsp.b t0, t1, t2\n" * 4, 12),
    ("nm.gmac.m8 a2, s0, a1, 3\ncv.sdotsp.h t0, t1, t2\nmul t0, t1, t2\ncv.mac t0, t1, t2\n" * 4, 16),
    ("nm.gmac.m8 a2, s0, a1, 3\nnm.acc.push t0, zero\n" * 4, 12),
    ("nm.gmac.m8 a2, s0, a1, 3\nnop\nnm.acc.push t0, zero\n" * 4, 12),
    ("nm.gmac.m8 a2, s0, a1, 3\nnm.acc.scale t0, t1, t2\n" * 4, 12),
    ("nm.acc.scale t0, t1, t2\nnm.pack.b t3, t0, t2\n" * 4, 8),
    ("nm.acc.push t0, t0\n" * 8, 8),
    ("nm.pack.b t3, t3, t3\n" * 8, 8),
    ("lw a2, 0(s2)\nnm.gmac.m1 a2, s0, 0\n" * 4, 12),  # load-use: weights, offsets
    ("lw a1, 0(s2)\nnm.gmac.m8 a2, s0, a1, 0\n" * 4, 12),
    ("lw a2, 0(s2)\nnop\nnm.gmac.m1 a2, s0, 0\n" * 4, 12),
    ("lw t0, 1(s2)\nnm.gmac.m1 a2, s0, 0\n" * 4, 12),  # the misaligned access takes two
    ("nm.gmac.m1 a2, s0, 0\nlw t0, 1(s2)\n" * 4, 12),
]


@pytest.mark.parametrize(("body", "cycles"), TIMES)
def test_cycles(assemble: Assemble, body: str, cycles: int) -> None:
    assert programs.cycles_of(assemble, "gmac", "li a2, 0x01020304", body) == cycles


@every_stall
def test_neighbours(assemble: Assemble, stalls: Stalls) -> None:
    """Between other loads, stores, misaligned accesses, branches and dot products; x0 as base, weights and offsets."""
    weights, offsets = 0x81F37F05, 0xFEDCBA98
    model = Model(image())
    base = BUFFER
    text = [
        f"li s0, {BUFFER}; li s1, {RESULT}; li s2, {BUFFER}; li a1, {offsets}; li a2, {weights}",
        "li t0, 3; li t1, 7; li t5, 0",
    ]
    between = [
        "lw t3, 3(s2)",
        "lb t3, 1(s2)",
        "sw t0, 8(s1)",
        "sh t0, 3(s1)",
        "lh t3, 3(s2)",
        "cv.sdotsp.b t5, t0, t1",
        "cv.lw t4, (s2), 1",
        "beq t0, t0, 2f; nm.gmaci.m8 a2, s0, a1, 1; 2:",
        "bne t0, t0, 2f; 2:",
        "mulh t3, t0, t1",
        "div t3, t1, t0",
        "sw t3, 12(s1)",
    ]
    for index, other in enumerate(between):
        form = FORMS[index % len(FORMS)]
        sel = index % form.sels
        text += [form.text("a2", "s0", "a1", sel), other]
        base = form.run(model, weights, base, offsets, sel)
        text += [form.text("a2", "s0", "a1", sel), other, form.text("a2", "s0", "a1", sel)]
        base = form.run(model, weights, base, offsets, sel)
        base = form.run(model, weights, base, offsets, sel)
    text += ["nm.gmaci.m16 zero, s0, a1, 2", "nm.gmac.m4 a2, s0, zero, 5", "addi s1, s1, 32"]
    base = model.gather(0, base, offsets, 16, 2, byte=False, advance=True)
    model.gather(weights, base, 0, 4, 5, byte=False, advance=False)
    text += ["lw a3, 0(zero)", "nm.gmaci.m1 a3, zero, 0", "sw t5, 16(s1)", "sw s0, 20(s1)", READ_ALL]
    code = assemble("\n".join(text) + EXIT)
    model.memory = image(code)  # the program's own first word
    model.gather(int.from_bytes(code[:4], "little"), 0, 0, 1, 0, byte=False, advance=True)
    done = run(code, stalls=stalls)
    assert done.word(RESULT + 32 + 16) == 21 * 2
    assert done.word(RESULT + 32 + 20) == base
    assert [done.word(RESULT + 32 + 4 * i) for i in range(4)] == [model.push(0) for _ in range(4)]


HANDLER = handler("""
  nm.acc.push s8, zero    # save the accumulators, use them, restore them
  nm.acc.push s9, zero
  nm.acc.push s10, zero
  nm.acc.push s11, zero
  nm.gmac.m4 s0, s2, s0, 7
  nm.gmacb.m8 s0, s2, s0, 7
  nm.acc.push s4, s0
  nm.acc.push zero, s8
  nm.acc.push zero, s9
  nm.acc.push zero, s10
  nm.acc.push zero, s11
""")
START = f"li s0, {BUFFER}; li s1, {RESULT}; li s2, {BUFFER}; li a1, 0x76543210; li a2, 0x7f80ff01"


@every_stall
@pytest.mark.parametrize("other", ["ecall", "ebreak", ".word 0x0", ".insn r 0x2b, 7, 0x28, a2, s0, a1"])
def test_exceptions_between_gathers(assemble: Assemble, other: str, stalls: Stalls) -> None:
    model, base = Model(image()), BUFFER
    text = [HANDLER, START]
    for index in range(24):
        form = FORMS[index % len(FORMS)]
        text += [form.text("a2", "s0", "a1", index % form.sels), other]
        base = form.run(model, 0x7F80FF01, base, 0x76543210, index % form.sels)
    text += [READ_ALL, "sw s6, 0(s1)"]
    done = run(assemble("\n".join(text) + EXIT), stalls=stalls)
    assert results(done, 5) == [*(model.push(0) for _ in range(4)), 24]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("isa", ["gmac", "gmac+xdec"])
def test_interrupts_between_gathers(assemble: Assemble, isa: str, seed: int) -> None:
    """Interrupts at random cycles, with and without memory stalls, in straight code and in a hardware loop."""
    model, base = Model(image()), BUFFER
    text = [HANDLER, START, "li a0, 1 << 16; csrw mie, a0; csrsi mstatus, 8"]
    for index in range(60):
        form = FORMS[(5 * index) % len(FORMS)]
        text.append(form.text("a2", "s0", "a1", index % form.sels))
        base = form.run(model, 0x7F80FF01, base, 0x76543210, index % form.sels)
        if index % 7 == 0:
            text.append("nm.acc.push a3, a1; nm.acc.push a3, a3")
            model.push(model.push(0x76543210))
    # cv.setupi 0: 20 times the next five instructions
    text += ["li a5, 20", ".balign 4", ".insn i 0x2b, 4, x14, a5, 6"]
    loop = [(FORMS[1], 2), (FORMS[3], 9), (FORMS[9], 3), (FORMS[5], 7), (FORMS[7], 1)]
    text += [form.text("a2", "s0", "a1", sel) for form, sel in loop]
    for _ in range(20):
        for form, sel in loop:
            base = form.run(model, 0x7F80FF01, base, 0x76543210, sel)
    text += ["csrci mstatus, 8", READ_ALL, "sw s0, 0(s1); sw s6, 4(s1)"]
    stalls = Stalls(interrupt=10, seed=seed, **({"grant": 30, "response": 30} if seed % 2 else {}))
    done = programs.run(assemble("\n".join(text) + EXIT), isa, stalls=stalls)
    got = results(done, 6)
    assert got[:5] == [*(model.push(0) for _ in range(4)), base]
    assert got[5] == done.interrupts > 5


def _legal(funct3: int, f7: int, rs2: int) -> bool:
    m, sel = f7 >> 4 & 3, f7 & 15
    if funct3 == 6 and m == 0:
        return f7 in (0x41, 0x42) or (f7 == 0x40 and rs2 == 0)
    return {0: sel < 4 and rs2 == 0, 1: True}.get(m, sel < 8)


@pytest.mark.parametrize("funct3", [6, 7])
def test_illegal_encodings(assemble: Assemble, funct3: int) -> None:
    """Every other funct7, and offsets where there are none, traps and changes nothing."""
    illegal = [(f7, rs2) for f7 in range(128) for rs2 in (0, 11) if not _legal(funct3, f7, rs2)]
    assert len(illegal) > 100
    text = [
        HANDLER,
        START,
        "nm.acc.push zero, a1; nm.acc.push zero, a2; nm.acc.push zero, s0; nm.acc.push zero, s1",
    ]
    text += ["li a3, 0x5a5a5a5a", *(f".insn r 0x2b, {funct3}, {f7}, a3, s0, x{rs2}" for f7, rs2 in illegal)]
    text.append(READ_ALL + "; sw a3, 0(s1); sw s0, 4(s1); sw s6, 8(s1)")
    done = run(assemble("\n".join(text) + EXIT))
    expected = [0x76543210, 0x7F80FF01, BUFFER, RESULT, 0x5A5A5A5A, BUFFER, len(illegal)]
    assert results(done, 7) == expected

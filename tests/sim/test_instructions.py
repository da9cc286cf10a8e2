"""Every instruction, on edge and random values, against an independent model of the manual's pseudo-code.

The programs are assembled by clang, so that encodings are checked as well.
"""

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from gmac_model import FORMS
from nmcu import targets
from nmcu.sim import disassemble, instructions, simulate
from nmcu.sim.symbols import Symbols
from sim import model
from sim.assembly import assemble

EDGES = (0, 1, 2, 5, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001)
EDGES += (0xFFFFFFFF, 0xFFFFFFFE, 0x80808080, 0x7F7F7F7F, 0x80008000, 0x00FF00FF, 0x12345678)
RESULTS = 0x8000_0000


def vectors() -> list[tuple[int, int, int]]:
    """(rs1, rs2, old rd): all pairs of some edges, the others with random partners, and random triples."""
    r = random.Random(2026)
    some = (0, 1, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x8000FF80)
    rows = [(a, b, r.getrandbits(32)) for a in some for b in some]
    rows += [(a, r.getrandbits(32), r.choice(EDGES)) for a in EDGES]
    rows += [(r.getrandbits(32), b, r.choice(EDGES)) for b in EDGES]
    rows += [(r.getrandbits(32), r.getrandbits(32), r.getrandbits(32)) for _ in range(40)]
    return rows


VECTORS = vectors()


@dataclass(frozen=True)
class Case:
    """One form of an instruction: its text (a0, a1: sources; a2: destination) and what it does to (a0, a1, a2)."""

    text: str
    expected: Callable[[int, int, int], int]


def sample(values: range, count: int) -> list[int]:
    r = random.Random(len(values))
    edges = {values[0], values[-1], values[len(values) // 2]}
    return sorted(edges | {r.choice(values) for _ in range(count)})


def vector(f: Callable[[int, int, int], int], bits: int, signed: bool, a: int, op2: int, d: int) -> int:
    return model.lanes(bits, a, op2, lambda x, y: f(x, y, bits), signed)


def dot(bits: int, signed_a: bool, signed_b: bool, accumulates: bool, a: int, op2: int, d: int) -> int:
    return model.u(model.dot(bits, a, op2, signed_a, signed_b) + (d if accumulates else 0))


def simd_forms(
    name: str, suffix: str, bits: int, compute: Callable[[int, int, int], int], immediates: list[int]
) -> list[Case]:
    """Vector, replicated scalar, and replicated immediates."""

    def scalar(a: int, b: int, d: int) -> int:
        return compute(a, model.replicate(bits, b), d)

    forms = [Case(f"{name}.{suffix} a2, a0, a1", compute), Case(f"{name}.sc.{suffix} a2, a0, a1", scalar)]
    for i in immediates:
        text = f"{name}.sci.{suffix} a2, a0, {i}"
        forms.append(Case(text, lambda a, b, d, i=i: compute(a, model.replicate(bits, i), d)))
    return forms


def cases() -> list[Case]:
    result: list[Case] = []

    def add(text: str, expected: Callable[[int, int, int], int]) -> None:
        result.append(Case(text, expected))

    for name, f in (model.BASE | model.ALU | model.PAIRS).items():
        add(f"{name} a2, a0, a1", f)
    for name, f in model.BASE_IMMEDIATE.items():
        for i in sample(range(-2048, 2048), 4):
            add(f"{name} a2, a0, {i}", lambda a, b, d, f=f, i=i: f(a, i, d))
    for name, f in model.BASE_SHIFT.items():
        for i in (0, 1, 7, 31):
            add(f"{name} a2, a0, {i}", lambda a, b, d, f=f, i=i: f(a, i, d))
    for i in (0, 1, 0xFFFFF, 0x80000):
        add(f"lui a2, {i}", lambda a, b, d, i=i: i << 12)
    for name, f in model.BRANCH.items():
        text = f"li a2, 1\n {name} a0, a1, 7f\n li a2, 0\n7:"
        add(text, lambda a, b, d, f=f: int(f(a, b)))
    for i in (-16, -1, 0, 1, 15):
        for name, taken in (("cv.beqimm", True), ("cv.bneimm", False)):
            text = f"li a2, 1\n {name} a0, {i}, 7f\n li a2, 0\n7:"
            add(text, lambda a, b, d, i=i, taken=taken: int((a == model.u(i)) == taken))
    for name, f in model.ONE_OPERAND.items():
        add(f"{name} a2, a0", lambda a, b, d, f=f: f(a))
    for name, f in model.CLIP.items():
        for i in (0, 1, 2, 8, 16, 31):
            add(f"{name} a2, a0, {i}", lambda a, b, d, f=f, i=i: f(a, i))
    for name, f in model.NORMALISED.items():
        for n in (0, 1, 5, 31):
            add(f"{name} a2, a0, a1, {n}", lambda a, b, d, f=f, n=n: f(a, b, n))
        add(f"{name}r a2, a0, a1", lambda a, b, d, f=f: f(d, a, b & 31))
    for name, f in model.MULTIPLY16.items():
        for n in (0, 1, 8, 31):
            add(f"{name} a2, a0, a1, {n}", lambda a, b, d, f=f, n=n: f(a, b, d, n))
    for name, f in model.BITS.items():
        for is3, is2 in ((0, 0), (7, 0), (0, 31), (31, 0), (15, 8), (4, 27), (20, 20), (31, 31)):
            if name == "cv.insert" and is3 + is2 > 31:
                continue
            add(f"{name} a2, a0, {is3}, {is2}", lambda a, b, d, f=f, x=is3, y=is2: f(a, x, y, d))
        add(f"{name}r a2, a0, a1", lambda a, b, d, f=f: f(a, b >> 5 & 31, b & 31, d))
    for is3 in range(4):
        for is2 in (0, 4, 31):
            text = f"cv.bitrev a2, a0, {is3}, {is2}"
            add(text, lambda a, b, d, x=is3, y=is2: model.BITREV(a, x, y))
    for bits, suffix in ((16, "h"), (8, "b")):
        for name, (f, signed, signed_imm) in model.VECTOR.items():
            imms = range(bits) if name in model.SHIFTS else range(-32, 32) if signed_imm else range(64)
            result += simd_forms(name, suffix, bits, partial(vector, f, bits, signed), sample(imms, 2))
        for name, (sa, sb, accumulates) in model.DOT.items():
            imms = range(-32, 32) if sb else range(64)
            result += simd_forms(name, suffix, bits, partial(dot, bits, sa, sb, accumulates), sample(imms, 2))
        for name in ("cv.extract", "cv.extractu", "cv.insert"):
            for i in range(32 // bits):
                full = f"{name}.{suffix}"
                add(f"{full} a2, a0, {i}", lambda a, b, d, m=full, i=i: model.lane(m, a, i, d))
    for name in ("cv.shuffle.sci.h", *(f"cv.shuffleI{k}.sci.b" for k in range(4))):
        for i in (0, 1, 2, 3) if name.endswith("h") else (0, 27, 45, 63):
            add(f"{name} a2, a0, {i}", lambda a, b, d, m=name, i=i: model.shuffle_sci(m, a, i))
    compressed: dict[str, Callable[[int, int, int], int]] = {
        "c.add a2, a0": lambda a, b, d: model.u(d + a),
        "c.sub a2, a0": lambda a, b, d: model.u(d - a),
        "c.xor a2, a0": lambda a, b, d: d ^ a,
        "c.or a2, a0": lambda a, b, d: d | a,
        "c.and a2, a0": lambda a, b, d: d & a,
        "c.mv a2, a0": lambda a, b, d: a,
        "c.li a2, -17": lambda a, b, d: model.u(-17),
        "c.lui a2, 0xfffe1": lambda a, b, d: 0xFFFE1000,
        "c.addi a2, -32": lambda a, b, d: model.u(d - 32),
        "c.addi a2, 31": lambda a, b, d: model.u(d + 31),
        "c.slli a2, 31": lambda a, b, d: model.u(d << 31),
        "c.srli a2, 9": lambda a, b, d: d >> 9,
        "c.srai a2, 30": lambda a, b, d: model.u(model.s(d) >> 30),
        "c.andi a2, -3": lambda a, b, d: d & model.u(-3),
    }
    for text, f in compressed.items():
        add(text, f)
    return result


CASES = cases()


def program() -> str:
    """For each case a loop over the vectors; results go to RESULTS, case by case."""
    lines = [".option norelax", ".globl _start", "_start:", f"li s1, {RESULTS}"]
    for case in CASES:
        lines += ["la s0, vectors", "la s2, vectors_end"]
        lines += ["1: lw a0, 0(s0)", "lw a1, 4(s0)", "lw a2, 8(s0)", case.text]
        lines += ["sw a2, 0(s1)", "addi s1, s1, 4", "addi s0, s0, 12", "bne s0, s2, 1b"]
    lines += ["li t0, 0x1a100000", "sw zero, 0(t0)", "8: j 8b", ".data", "vectors:"]
    lines += [f".word {a}, {b}, {d}" for a, b, d in VECTORS]
    return "\n".join([*lines, "vectors_end:\n"])


def test_every_instruction_computes_what_the_manual_says() -> None:
    count = len(VECTORS)
    result = simulate(
        assemble(program()),
        targets.get("cv32e40p"),
        reads=[(RESULTS, 4 * count * len(CASES))],
        max_cycles=10**8,
    )
    found = struct.unpack(f"<{count * len(CASES)}I", result.memory[0])
    wrong = []
    for index, case in enumerate(CASES):
        for row, (a, b, d) in enumerate(VECTORS):
            expected, got = case.expected(a, b, d), found[index * count + row]
            if expected != got:
                wrong.append(
                    f"{case.text!r} of {a:#010x}, {b:#010x}, rd {d:#010x}: {got:#010x}, not {expected:#010x}"
                )
                break
    assert not wrong, "\n".join(wrong)


def test_no_instruction_is_left_out() -> None:
    """Every entry of the simulator's tables is tested here or by one of the tests named below."""
    tested = {case.text.replace("li a2, 1\n ", "").split()[0] for case in CASES}
    elsewhere = {
        "auipc",
        "jal",
        "jalr",
        "fence",
        "fence.i",
        "ecall",
        "ebreak",
        "mret",
        "wfi",
    }  # test_programs, test_traps
    elsewhere |= {"lb", "lh", "lw", "lbu", "lhu", "sb", "sh", "sw"}  # test_memory_instructions
    elsewhere |= {f"cv.{name}" for name in ("lb", "lh", "lw", "lbu", "lhu", "sb", "sh", "sw")}
    elsewhere |= {f"csrr{x}{i}" for x in "wsc" for i in ("", "i")}  # test_traps
    elsewhere |= {
        f"cv.{x}" for x in ("starti", "start", "endi", "end", "counti", "count", "setupi", "setup")
    }  # test_loops
    elsewhere |= {f"nm.{x}.m{m}" for x in ("dec", "decp") for m in (4, 8, 16)}  # test_xdecimate
    elsewhere |= {form.name for form in FORMS} | {"nm.acc.push", "nm.acc.scale", "nm.pack.b"}  # test_gmac
    names = {row.text.split()[0] for row in instructions()}
    assert names - tested - elsewhere == set()


@pytest.mark.parametrize("isa", ["rv32", "xcv"])
def test_only_what_the_isa_has_is_accepted(isa: str) -> None:
    for row in instructions():
        if row.extension in ("base", isa):
            continue
        code = struct.pack("<II", row.match, 0x0000006F)
        with pytest.raises(Exception, match="illegal instruction") as caught:
            simulate(raw_elf(code), targets.get("cv32e40p"), isa=isa, max_cycles=100)
        assert type(caught.value).__name__ == "ProgramFault", row.name


def raw_elf(code: bytes) -> bytes:
    header = b"\x7fELF\x01\x01\x01" + bytes(9)
    header += struct.pack("<HHIIIIIHHHHHH", 2, 243, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return header + struct.pack("<8I", 1, 84, 0, 0, len(code), len(code), 5, 4) + code


def test_disassembly_reads_like_the_assembler() -> None:
    """What the simulator prints assembles to the same word."""
    lines, words = [], []
    r = random.Random(5)
    for row in instructions():
        name, mask, match, text = row.name, row.mask, row.match, row.text
        if (
            row.extension in ("xdec", "gmac")
            or "target" in text
            or "body" in text
            or "L," in text
            or name.startswith(("csr", "fence"))
        ):
            continue
        word = match | (r.getrandbits(32) & ~mask & 0xFFFFFFFF)
        if name in ("cv_bitrev", "cv_insert"):
            word &= ~(0x1E << 25)  # is3 below 2 here: larger values have no text form with every is2
            word &= ~(0x10 << 20)
        lines.append(disassemble(word))
        words.append(word)
    text = ".option norvc\n.globl _start\n_start:\n" + "\n".join(lines) + "\n"
    elf = assemble(text)
    code = next(s for s in Symbols(elf).segments if s.executable).data
    got = struct.unpack(f"<{len(words)}I", code[: 4 * len(words)])
    for line, word, assembled in zip(lines, words, got, strict=True):
        assert word == assembled, f"{line}: {word:08x} assembles to {assembled:08x}"

"""nm.dec on the Verilated core: every mode, the bypass, stalls, traps, interrupts, illegal encodings."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from nmcu.rtl.flat import Stalls
from rtl import programs
from rtl.programs import BUFFER, EXIT, RESULT, STALLS, Assemble, every_stall, handler, image, results

run = partial(programs.run, isa="xdec")
MNEMONIC = {
    (4, False): "nm.dec.m4",
    (8, False): "nm.dec.m8",
    (16, False): "nm.dec.m16",
    (4, True): "nm.decp.m4",
    (8, True): "nm.decp.m8",
    (16, True): "nm.decp.m16",
}


@dataclass
class Model:
    """The instruction as design and manual define it."""

    memory: np.ndarray
    count: int = 0
    registers: dict[str, int] = field(default_factory=dict)

    def step(self, m: int, pair: bool, rd: str, base: int, offsets: int) -> None:
        c = self.count >> 1 if pair else self.count
        field_ = offsets >> (2 * (c % 16)) & 3 if m == 4 else offsets >> (4 * (c % 8)) & 15
        lane = 8 * (c % 4)
        byte = int(self.memory[base + m * c + field_])
        self.registers[rd] = self.registers[rd] & ~(0xFF << lane) | byte << lane
        self.count = (self.count + 1) & 0xFFFF


@every_stall
@pytest.mark.parametrize(("m", "pair"), MNEMONIC)
def test_modes(assemble: Assemble, m: int, pair: bool, stalls: Stalls) -> None:
    """Random offsets and destinations, runs of the same destination included, from several counter values."""
    rng = np.random.default_rng(m + pair)
    name = MNEMONIC[m, pair]
    model = Model(np.frombuffer(image(b""), np.uint8))
    model.registers = {"t0": 0, "t1": 0x12345678, "t2": 0xFFFFFFFF}
    text = [f"li s0, {BUFFER}; li s1, {RESULT}", *(f"li {r}, {v}" for r, v in model.registers.items())]
    start, previous = 0, "t0"
    expected: list[int] = []
    for block in range(24):
        if block % 6 == 0:
            start = int(rng.integers(0, 300))
            text.append(f"li a0, {start}; csrw 0x7C0, a0")
            model.count = start
        offsets = int(rng.integers(0, 1 << 32))
        text.append(f"li a1, {offsets}")
        for _ in range(8):
            rd = previous if rng.random() < 0.5 else str(rng.choice(["t0", "t1", "t2"]))
            previous = rd
            text.append(f"{name} {rd}, s0, a1")
            model.step(m, pair, rd, BUFFER, offsets)
        text.append("".join(f"sw {r}, {4 * i}(s1);" for i, r in enumerate(model.registers)))
        text.append("addi s1, s1, 12")
        expected += model.registers.values()
    text.append("csrr a0, 0x7C0; sw a0, 0(s1)")
    expected.append(model.count)
    done = run(assemble("\n".join(text) + EXIT), stalls=stalls)
    assert results(done, len(expected)) == expected


def cycles_of(assemble: Assemble, body: str) -> int:
    return programs.cycles_of(assemble, "xdec", "csrw 0x7C0, zero", body)


def test_one_cycle_each(assemble: Assemble) -> None:
    """No destination pattern costs more than one cycle per instruction; a use right behind costs the load-use cycle."""
    same = "nm.dec.m8 t0, s0, a1\n" * 32
    alternating = "nm.dec.m8 t0, s0, a1\nnm.dec.m8 t1, s2, a1\n" * 16
    assert cycles_of(assemble, same) == 32
    assert cycles_of(assemble, alternating) == 32
    assert cycles_of(assemble, "nm.dec.m8 t0, s0, a1\nmv t1, t0\n" * 4) == 12
    assert cycles_of(assemble, "nm.dec.m8 t0, s0, a1\nmv t1, t2\n" * 4) == 8
    assert cycles_of(assemble, "lw t0, 0(s0)\nnm.dec.m8 t0, s0, a1\n" * 4) == 12
    assert cycles_of(assemble, "mv t0, s0\nnm.dec.m8 t0, s0, a1\nmv t1, s0\nnm.dec.m8 t1, s0, a1\n" * 4) == 16
    assert cycles_of(assemble, "nm.dec.m8 t0, s0, a1\nmv t0, s0\n" * 4) == 12  # write after load, as any load


@every_stall
def test_neighbours(assemble: Assemble, stalls: Stalls) -> None:
    """Between other loads, stores, misaligned accesses and branches; old rd from each place it can come from."""
    body = f"""
      li s0, {BUFFER}; li s1, {RESULT}; li a1, 0x01234567; csrw 0x7C0, zero
      lw t0, 0(s0)
      nm.dec.m16 t0, s0, a1        # old rd from a load right before
      nm.dec.m16 t0, s0, a1
      lw t1, 3(s0)               # misaligned, between two nm.dec
      nm.dec.m16 t1, s0, a1
      lw t2, 1(s0)
      nm.dec.m16 t0, s0, a1
      sw t0, 0(s1)               # store data from nm.dec
      nm.dec.m16 t0, s0, a1
      beq t3, t3, 2f             # taken branch behind nm.dec
      nm.dec.m16 t0, s0, a1        # flushed
    2:
      nm.dec.m16 t0, s0, a1
      bne t3, t3, 3f             # branch not taken while the load may still wait
      nm.dec.m16 t0, s0, a1
    3:
      nm.dec.m16 t2, s0, a1
      mul t1, t1, t2
      nm.dec.m16 t1, s0, a1        # old rd from the multiplier
      sw t1, 2(s1)               # misaligned store
      nm.dec.m16 zero, s0, a1      # counts, writes nothing
      nm.dec.m16 zero, s0, a1
      add t3, zero, zero
      sw t0, 8(s1)
      sw t1, 12(s1)
      sw t2, 16(s1)
      sw t3, 20(s1)
      lw a2, 0(s0)
      andi a2, a2, 0xff
      add a2, a2, s0
      li a3, {BUFFER}
      sw a3, 24(s1)
      lw a4, 24(s1)
      nm.dec.m16 a4, a4, a1        # base and old rd from the load right before
      sw a4, 28(s1)
      csrr a5, 0x7C0
      sw a5, 32(s1)
    """
    code = assemble(body + EXIT)
    model = Model(np.frombuffer(image(code), np.uint8))
    word = lambda a: int.from_bytes(model.memory[a : a + 4].tobytes(), "little")  # noqa: E731
    r = model.registers = {"t0": word(BUFFER), "t1": 0, "t2": 0, "zero": 0, "a4": 0}
    dec = lambda rd: model.step(16, False, rd, BUFFER, 0x01234567)  # noqa: E731
    dec("t0"), dec("t0")
    r["t1"] = word(BUFFER + 3)
    dec("t1")
    r["t2"] = word(BUFFER + 1)
    dec("t0")
    first = r["t0"]
    dec("t0"), dec("t0"), dec("t0"), dec("t2")
    r["t1"] = r["t1"] * r["t2"] & 0xFFFFFFFF
    dec("t1"), dec("zero"), dec("zero")
    r["a4"] = BUFFER
    dec("a4")
    done = run(code, stalls=stalls)
    got = results(done, 9)
    misaligned = int.from_bytes(done.memory[RESULT + 2 : RESULT + 6].tobytes(), "little")
    assert got[0] & 0xFFFF == first & 0xFFFF and misaligned == r["t1"]
    assert got[2:] == [r["t0"], r["t1"], r["t2"], 0, BUFFER, r["a4"], model.count]


def test_counter_csr(assemble: Assemble) -> None:
    """Write, set, clear, read-only and immediate forms; 16 bits; wraps; exact right behind nm.dec."""
    body = f"""
      li s0, {BUFFER}; li s1, {RESULT}; li a1, 0; li a0, 0x12345678
      csrw 0x7C0, a0;          csrr a2, 0x7C0; sw a2, 0(s1)
      li a0, 0x000f; csrrs a2, 0x7C0, a0; sw a2, 4(s1)
      csrrc a2, 0x7C0, a0; sw a2, 8(s1)
      csrr a2, 0x7C0; sw a2, 12(s1)
      csrwi 0x7C0, 21; csrrsi a2, 0x7C0, 10; sw a2, 16(s1)
      csrrci a2, 0x7C0, 1; sw a2, 20(s1)
      nm.dec.m4 t0, s0, a1; csrrwi a2, 0x7C0, 3; nm.dec.m4 t0, s0, a1; csrr a3, 0x7C0; sw a2, 24(s1); sw a3, 28(s1)
      li a0, -1; csrw 0x7C0, a0; nm.dec.m4 t0, zero, a1; csrr a2, 0x7C0; sw a2, 32(s1)
    """
    done = run(assemble(body + EXIT))
    got = results(done, 9)
    assert got == [0x5678, 0x5678, 0x567F, 0x5670, 21, 31, 31, 4, 0]


HANDLER = (
    handler("""
  csrr s4, 0x7C0          # save the counter, use the instruction, restore it
  csrw 0x7C0, zero
  nm.decp.m8 s5, s0, s0
  nm.decp.m8 s5, s0, s0
  nm.decp.m8 s5, s0, s0
  csrw 0x7C0, s4
""")
    + f"""
  li s0, {BUFFER}
  li s1, {RESULT}
  csrw 0x7C0, zero
"""
)


@pytest.mark.parametrize("word", ["0x0", "0xFFFFFFFF"])
def test_exceptions_inside_a_sequence(assemble: Assemble, word: str) -> None:
    """ecall, ebreak and an illegal word between two nm.dec of one destination."""
    model = Model(np.frombuffer(image(b""), np.uint8), registers={"t0": 0})
    text = [HANDLER, "li a1, 0x76543210; li t0, 0"]
    for index in range(24):
        text.append("nm.dec.m8 t0, s0, a1")
        text.append(["ecall", "ebreak", f".word {word}", ""][index % 4])
        model.step(8, False, "t0", BUFFER, 0x76543210)
    text.append("sw t0, 0(s1); csrr a0, 0x7C0; sw a0, 4(s1); sw s6, 8(s1)")
    code = assemble("\n".join(text) + EXIT)
    for stalls in STALLS:
        done = run(code, stalls=stalls)
        assert results(done, 3) == [model.registers["t0"], 24, 18]


@pytest.mark.parametrize("seed", range(6))
def test_interrupts_inside_a_sequence(assemble: Assemble, seed: int) -> None:
    """Interrupts at random cycles, with and without memory stalls, in straight code and in a hardware loop."""
    offsets = 0xFEDC3210
    model = Model(np.frombuffer(image(b""), np.uint8), registers={"t0": 0, "t1": 0})
    text = [HANDLER, f"li a1, {offsets}; li t0, 0; li t1, 0; li a0, 1 << 16; csrw mie, a0; csrsi mstatus, 8"]
    order = ["t0", "t0", "t0", "t1", "t1", "t0", "t1", "t0"]
    for rd in order * 8:
        text.append(f"nm.decp.m16 {rd}, s0, a1")
        model.step(16, True, rd, BUFFER, offsets)
    # cv.setupi 0: 20 times the next five instructions
    text += ["li a2, 20", ".balign 4", ".insn i 0x2b, 4, x14, a2, 6"]
    text += [f"nm.decp.m16 {rd}, s0, a1" for rd in order[:5]]
    for _ in range(20):
        for rd in order[:5]:
            model.step(16, True, rd, BUFFER, offsets)
    text.append("csrci mstatus, 8; sw t0, 0(s1); sw t1, 4(s1); csrr a0, 0x7C0; sw a0, 8(s1); sw s6, 12(s1)")
    code = assemble("\n".join(text) + EXIT)
    stalls = Stalls(interrupt=10, seed=seed, **({"grant": 30, "response": 30} if seed % 2 else {}))
    done = run(code, stalls=stalls)
    got = results(done, 4)
    assert got[:3] == [model.registers["t0"], model.registers["t1"], model.count]
    assert got[3] == done.interrupts > 5


ILLEGAL_F7 = [f7 for f7 in range(128) if f7 >> 3 or f7 & 3 == 3]


def test_illegal_encodings(assemble: Assemble) -> None:
    """Every other funct7 traps and changes nothing."""
    text = [HANDLER, "li a1, 0; li t0, 0x5a5a5a5a"]
    text += [f".insn r 0x2b, 5, {f7}, t0, s0, a1" for f7 in ILLEGAL_F7]
    text.append("sw t0, 0(s1); csrr a0, 0x7C0; sw a0, 4(s1); sw s6, 8(s1)")
    done = run(assemble("\n".join(text) + EXIT))
    assert results(done, 3) == [0x5A5A5A5A, 0, len(ILLEGAL_F7)]

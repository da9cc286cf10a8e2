"""Random but valid instruction streams: RV32IMC, CORE-V with nested hardware loops, xDecimate, traps.

A stream is a list of items. An item is position independent and complete in itself (a branch with what it skips, a
loop with its body), so that any sub-list of a stream is a valid program too: that is what the minimiser needs.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from nmcu.sim import instructions

MEMORY_BYTES = 0x40000
HANDLER, ENTRY = 0x100, 0x200
DATA = 0x20000  # pointers stay near; below 0x10000 is code
EXIT_PAGE = 0x1A100

# Registers with a purpose; all others are free destinations.
POINTERS = (2, 8, 9, 18)  # x2 and x8, x9 are what compressed loads and stores can reach
INDEX, COUNT, TRAP_SCRATCH, JUMP_SCRATCH = 19, 20, 30, 31
FREE = tuple(r for r in range(32) if r not in (*POINTERS, INDEX, COUNT, TRAP_SCRATCH, JUMP_SCRATCH))
COMPRESSED_FREE = tuple(r for r in FREE if 8 <= r < 16)

CUSTOM_1 = 0x2B
XDEC_CSR = 0x7C0


@dataclass(frozen=True)
class Item:
    """Encodings in program order (16 or 32 bits, by their two low bits); `aligned`: starts at a word boundary."""

    kind: str
    code: tuple[int, ...]
    aligned: bool = False


def assemble(items: tuple[Item, ...], seed: int) -> bytes:
    """The memory image of a program that runs `items` and exits; entry point `ENTRY`, random data from `seed`."""
    rng = random.Random(seed)
    image = bytearray(rng.randbytes(MEMORY_BYTES))
    handler = [
        i_type(0x73, 2, TRAP_SCRATCH, 0, 0x341),  # csrr x30, mepc; past the instruction that trapped
        i_type(0x13, 0, TRAP_SCRATCH, TRAP_SCRATCH, 4),
        i_type(0x73, 1, 0, TRAP_SCRATCH, 0x341),
        0x30200073,
    ]
    start = [i_type(0x13, 0, 1, 0, HANDLER), i_type(0x73, 1, 0, 1, 0x305)]
    for register in range(1, 32):
        start += load_immediate(register, rng.getrandbits(32))
    start += [word for pointer in POINTERS for word in load_immediate(pointer, DATA)]
    start += load_immediate(INDEX, 4)
    end = [lui(1, EXIT_PAGE), 0x0000A023, 0x0000006F]  # sw zero, 0(x1); j .
    image[HANDLER : HANDLER + 16] = _bytes(handler)
    code = bytearray(_bytes(start))
    for item in items:
        if item.aligned and len(code) % 4:
            code += C_NOP.to_bytes(2, "little")
        code += _bytes(item.code)
    code += _bytes(end)
    if ENTRY + len(code) > DATA // 2:
        raise ValueError(f"a stream of {len(code)} bytes does not fit its {DATA // 2 - ENTRY} bytes of code")
    image[ENTRY : ENTRY + len(code)] = code
    return bytes(image)


def generate(seed: int, items: int) -> tuple[Item, ...]:
    """`items` random items; the same seed gives the same stream."""
    rng = random.Random(seed)
    kinds = list(GENERATORS)
    weights = [weight for _, weight in GENERATORS.values()]
    result: list[Item] = []
    for index, kind in enumerate(rng.choices(kinds, weights, k=items)):
        if index % 16 == 0:
            result.append(reset_pointer(rng))
        result.append(GENERATORS[kind][0](rng))
    return tuple(result)


# ---- encodings


def i_type(opcode: int, funct3: int, rd: int, rs1: int, immediate: int) -> int:
    return (immediate & 0xFFF) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def s_type(opcode: int, funct3: int, rs1: int, rs2: int, immediate: int) -> int:
    return (
        (immediate >> 5 & 0x7F) << 25
        | rs2 << 20
        | rs1 << 15
        | funct3 << 12
        | (immediate & 0x1F) << 7
        | opcode
    )


def r_type(opcode: int, funct3: int, funct7: int, rd: int, rs1: int, rs2: int) -> int:
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def b_type(opcode: int, funct3: int, rs1: int, rs2: int, offset: int) -> int:
    high = (offset >> 12 & 1) << 6 | offset >> 5 & 0x3F
    low = (offset >> 1 & 0xF) << 1 | offset >> 11 & 1
    return high << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | low << 7 | opcode


def j_type(rd: int, offset: int) -> int:
    bits = (
        (offset >> 20 & 1) << 19 | (offset >> 1 & 0x3FF) << 9 | (offset >> 11 & 1) << 8 | offset >> 12 & 0xFF
    )
    return bits << 12 | rd << 7 | 0x6F


def lui(rd: int, upper: int) -> int:
    return (upper & 0xFFFFF) << 12 | rd << 7 | 0x37


def load_immediate(rd: int, value: int) -> list[int]:
    return [lui(rd, (value + 0x800) >> 12), i_type(0x13, 0, rd, rd, value)]


def loop(funct4: int, which: int, rs1: int, immediate: int) -> int:
    return i_type(CUSTOM_1, 4, funct4 << 1 | which, rs1, immediate)


C_NOP = 0x0001


def _bytes(code: list[int] | tuple[int, ...]) -> bytes:
    return b"".join(word.to_bytes(4 if word & 3 == 3 else 2, "little") for word in code)


# ---- items


@cache
def _computations() -> tuple[tuple[int, int], ...]:
    """Mask and match of every instruction that only computes from registers to rd."""
    others = ("jal", "jalr", "fence", "fence_i", "ecall", "ebreak", "mret", "wfi")
    other_opcodes = (0x03, 0x23, 0x63, 0x0B, 0x73)  # loads, stores, branches, cv.l*/cv.beqimm, CSR
    chosen = []
    for row in instructions():
        mask, match, opcode = row.mask, row.match, row.match & 0x7F
        memory_or_loop = opcode == CUSTOM_1 and (match >> 12 & 7 != 3 or match >> 25 < 0x18)
        divides = opcode == 0x33 and match >> 25 == 1 and match >> 14 & 1
        if (
            row.extension in ("base", "xcv")
            and row.name not in others
            and opcode not in other_opcodes
            and not memory_or_loop
            and not divides
        ):
            chosen.append((mask, match))
    return tuple(chosen)


def compute(rng: random.Random) -> Item:
    mask, match = rng.choice(_computations())
    word = match | rng.getrandbits(32) & ~mask & ~(0x1F << 7)
    return Item("compute", (word | rng.choice(FREE) << 7,))


def divide(rng: random.Random) -> Item:
    return Item("divide", (r_type(0x33, rng.randrange(4, 8), 1, rng.choice(FREE), *_two_registers(rng)),))


def load(rng: random.Random) -> Item:
    funct3, offset = rng.choice((0, 1, 2, 4, 5)), rng.randrange(-128, 128)
    return Item("load", (i_type(0x03, funct3, rng.choice(FREE), rng.choice(POINTERS), offset),))


def store(rng: random.Random) -> Item:
    return Item(
        "store",
        (s_type(0x23, rng.randrange(3), rng.choice(POINTERS), rng.randrange(32), rng.randrange(-128, 128)),),
    )


def corev_access(rng: random.Random) -> Item:
    pointer, step, size = rng.choice(POINTERS), rng.randrange(-32, 33), rng.randrange(3)
    form = rng.randrange(6)
    if form == 0:
        return Item("cv.load", (i_type(0x0B, rng.choice((0, 1, 2, 4, 5)), rng.choice(FREE), pointer, step),))
    if form == 1:
        return Item("cv.store", (s_type(CUSTOM_1, size, pointer, rng.randrange(32), step),))
    if form in (2, 3):  # post-increment by register, register indexed
        funct7 = rng.choice((0, 1, 2, 8, 9)) | (4 if form == 3 else 0)
        return Item("cv.load", (r_type(CUSTOM_1, 3, funct7, rng.choice(FREE), pointer, INDEX),))
    funct7 = 0x10 | size | (4 if form == 5 else 0)
    return Item("cv.store", (r_type(CUSTOM_1, 3, funct7, INDEX, pointer, rng.randrange(32)),))


def decimate(rng: random.Random) -> Item:
    funct7 = rng.choice((0, 1, 2, 4, 5, 6))
    run = rng.randrange(1, 5)
    rd, offsets = rng.choice(FREE), rng.randrange(32)
    code = []
    for _ in range(run):
        if rng.random() < 0.4:
            rd = rng.choice(FREE)
        code.append(r_type(CUSTOM_1, 5, funct7, rd, rng.choice(POINTERS), offsets))
    return Item("nm.dec", tuple(code))


def csr(rng: random.Random) -> Item:
    number = rng.choice(
        (
            XDEC_CSR,
            XDEC_CSR,
            0x340,
            0x340,
            0x341,
            0x342,
            0x304,
            0x300,
            0x301,
            0x305,
            0x343,
            0xF14,
            0xCC0,
            0xCC1,
            0xCC2,
        )
    )
    rd = rng.choice(FREE)
    if number in (XDEC_CSR, 0x300):  # small counters; only MIE
        return Item("csr", (i_type(0x73, rng.choice((5, 6, 7)), rd, rng.randrange(32), number),))
    if number in (0x340, 0x341, 0x342, 0x304):
        return Item("csr", (i_type(0x73, rng.choice((1, 2, 3, 5, 6, 7)), rd, rng.randrange(32), number),))
    return Item("csr", (i_type(0x73, 2, rd, 0, number),))


def compressed(rng: random.Random) -> Item:
    rd, value = rng.choice(FREE), rng.getrandbits(6)
    small, other = rng.choice(COMPRESSED_FREE) - 8, rng.randrange(8)
    bits = (value >> 5) << 12 | (value & 31) << 2
    if rd == 0:
        return Item("compressed", (C_NOP,))
    pointer, word = rng.choice((0, 1)), rng.randrange(32)
    access = (word >> 1 & 7) << 10 | (word & 1) << 6 | (word >> 4) << 5 | pointer << 7
    stack = rng.randrange(64)
    forms = (
        0x0001 | rd << 7 | bits,  # c.addi
        0x4001 | rd << 7 | bits,  # c.li
        0x6001 | rd << 7 | (bits or 4),  # c.lui
        0x8001 | small << 7 | rng.randrange(1, 32) << 2,  # c.srli
        0x8401 | small << 7 | rng.randrange(1, 32) << 2,  # c.srai
        0x8801 | small << 7 | bits,  # c.andi
        0x8C01 | small << 7 | rng.randrange(4) << 5 | other << 2,  # c.sub, xor, or, and
        0x0002 | rd << 7 | rng.randrange(1, 32) << 2,  # c.slli
        0x8002 | rd << 7 | rng.randrange(1, 32) << 2,  # c.mv
        0x9002 | rd << 7 | rng.randrange(1, 32) << 2,  # c.add
        0x0000 | small << 2 | rng.randrange(1, 256) << 5,  # c.addi4spn
        0x4000 | access | small << 2,  # c.lw
        0xC000 | access | other << 2,  # c.sw
        0x4002 | rd << 7 | (stack & 7) << 4 | (stack >> 3 & 1) << 12 | (stack >> 4) << 2,  # c.lwsp
        0xC002 | rng.randrange(32) << 2 | rng.randrange(64) << 7,  # c.swsp
    )
    return Item("compressed", (rng.choice(forms),))


SIMPLE: tuple[Callable[[random.Random], Item], ...] = (
    compute,
    compute,
    compute,
    load,
    store,
    corev_access,
    decimate,
)


def _simple(rng: random.Random, count: int) -> list[int]:
    """At least `count` 32-bit instructions without control transfer."""
    code: list[int] = []
    while len(code) < count:
        code += rng.choice(SIMPLE)(rng).code
    return code


def _mixed(rng: random.Random) -> list[int]:
    code: list[int] = []
    for _ in range(rng.randrange(4)):
        code += rng.choice((compressed, *SIMPLE))(rng).code
    return code


def branch(rng: random.Random) -> Item:
    """A conditional branch over some instructions; taken about half the time."""
    skipped = _mixed(rng)
    size = len(_bytes(skipped))
    form = rng.randrange(4)
    if form == 0:
        head = b_type(0x0B, rng.choice((6, 7)), rng.randrange(32), rng.randrange(32), size + 4)
    elif form == 1:  # c.beqz, c.bnez
        offset = size + 2
        high = (offset >> 8) << 2 | offset >> 3 & 3
        low = (offset >> 6 & 3) << 3 | (offset >> 1 & 3) << 1 | offset >> 5 & 1
        head = rng.choice((0xC001, 0xE001)) | high << 10 | rng.randrange(8) << 7 | low << 2
    else:
        rs1, rs2 = _two_registers(rng)
        head = b_type(0x63, rng.choice((0, 1, 4, 5, 6, 7)), rs1, rs1 if rng.random() < 0.3 else rs2, size + 4)
    return Item("branch", (head, *skipped))


def jump(rng: random.Random) -> Item:
    """jal, c.j, or jalr with its address computed right before or one instruction earlier."""
    skipped = _mixed(rng)
    size = len(_bytes(skipped))
    link = JUMP_SCRATCH if rng.random() < 0.3 else rng.choice(FREE)
    form = rng.randrange(4)
    if form == 0:
        return Item("jump", (j_type(link, size + 4), *skipped))
    if form == 1:
        o = size + 2
        bits = (o >> 11 & 1) << 12 | (o >> 4 & 1) << 11 | (o >> 8 & 3) << 9 | (o >> 10 & 1) << 8
        bits |= (o >> 6 & 1) << 7 | (o >> 7 & 1) << 6 | (o >> 1 & 7) << 3 | (o >> 5 & 1) << 2
        return Item("jump", (rng.choice((0x2001, 0xA001)) | bits, *skipped))
    between = [rng.choice((compute, load))(rng).code[0]] if form == 3 else []
    address = JUMP_SCRATCH << 7 | 0x17  # auipc x31, 0
    head = [address, *between, i_type(0x67, 0, link, JUMP_SCRATCH, 4 + 4 * len(between) + 4 + size)]
    return Item("jump", (*head, *skipped))


def counted_loop(rng: random.Random) -> Item:
    """A loop with a branch back."""
    body = [word for _ in range(rng.randrange(1, 4)) for word in rng.choice((compressed, *SIMPLE))(rng).code]
    tail = i_type(0x13, 0, COUNT, COUNT, -1)
    back = b_type(0x63, 1, COUNT, 0, -len(_bytes([*body, tail])))
    return Item("loop", (*load_immediate(COUNT, rng.randrange(1, 6)), *body, tail, back))


def hardware_loop(rng: random.Random) -> Item:
    """One hardware loop, or two nested ones, set up in any of the manual's ways."""
    code = _reset(rng)
    if rng.random() < 0.5:
        code += _loop(rng, rng.randrange(2), _simple(rng, rng.randrange(3, 9)), 6)
    else:
        inner = _loop(rng, 0, _simple(rng, rng.randrange(3, 7)), 4)
        body = [*_simple(rng, rng.randrange(3)), *inner, *_simple(rng, rng.randrange(2, 5))]
        code += _loop(rng, 1, body, 4)
    return Item("hwloop", tuple(code), aligned=True)


def _loop(rng: random.Random, which: int, body: list[int], most: int) -> list[int]:
    count, words = rng.randrange(1, most), len(body)
    form = rng.randrange(3)
    if form == 0:
        return [i_type(0x13, 0, COUNT, 0, count), loop(7, which, COUNT, words + 1), *body]
    if form == 1 and words < 31:
        return [loop(6, which, words + 1, count), *body]
    return [loop(0, which, 0, 3), loop(2, which, 0, words + 2), loop(4, which, 0, count), *body]


def trap(rng: random.Random) -> Item:
    """ecall, ebreak, illegal words and CSR accesses; the handler returns behind them."""
    illegal = (
        0xFFFFFFFF,
        r_type(CUSTOM_1, 5, 3, 5, 8, 9),
        i_type(0x73, 1, 5, 6, 0xF14),
        i_type(0x73, 2, 5, 0, 0x7C1),
    )
    word = rng.choice((0x00000073, 0x00100073, *illegal))
    return Item("trap", (0x9002, C_NOP) if rng.random() < 0.15 else (word,))


def fence(rng: random.Random) -> Item:
    return Item("fence", (rng.choice((0x0FF0000F, 0x0000100F)),))


def reset_pointer(rng: random.Random) -> Item:
    return Item("reset", tuple(_reset(rng)))


def _reset(rng: random.Random) -> list[int]:
    code: list[int] = []
    for pointer in POINTERS:
        code += load_immediate(pointer, DATA + rng.randrange(-256, 256))
    code.append(i_type(0x13, 0, INDEX, 0, rng.randrange(-64, 64)))
    return [*code, i_type(0x73, 5, 0, rng.randrange(32), XDEC_CSR)]


def _two_registers(rng: random.Random) -> tuple[int, int]:
    return rng.randrange(32), rng.randrange(32)


GENERATORS: dict[str, tuple[Callable[[random.Random], Item], float]] = {
    "compute": (compute, 34),
    "load": (load, 12),
    "store": (store, 8),
    "corev_access": (corev_access, 10),
    "compressed": (compressed, 14),
    "decimate": (decimate, 5),
    "branch": (branch, 6),
    "jump": (jump, 3),
    "counted_loop": (counted_loop, 1),
    "hardware_loop": (hardware_loop, 2),
    "divide": (divide, 1.5),
    "csr": (csr, 2),
    "trap": (trap, 0.7),
    "fence": (fence, 0.4),
}

"""The manual's pseudo-code in Python: what each instruction computes, written without a look at the simulator.

Sources: RISC-V unprivileged specification; CV32E40P manual, "CORE-V Instruction Set Custom Extensions". A function
takes (rs1, rs2 or immediate, old rd) as unsigned 32-bit values and gives the new rd.
"""

from collections.abc import Callable

M32 = 0xFFFFFFFF
Function = Callable[..., int]


def u(value: int) -> int:
    return value & M32


def s(value: int, bits: int = 32) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _div(a: int, b: int) -> int:
    if b == 0:
        return M32
    quotient = abs(s(a)) // abs(s(b))
    return u(quotient if (s(a) < 0) == (s(b) < 0) else -quotient)


def _rem(a: int, b: int) -> int:
    if b == 0:
        return a
    remainder = abs(s(a)) % abs(s(b))
    return u(-remainder if s(a) < 0 else remainder)


BASE: dict[str, Function] = {
    "add": lambda a, b, d: u(a + b),
    "sub": lambda a, b, d: u(a - b),
    "sll": lambda a, b, d: u(a << (b & 31)),
    "slt": lambda a, b, d: int(s(a) < s(b)),
    "sltu": lambda a, b, d: int(a < b),
    "xor": lambda a, b, d: a ^ b,
    "srl": lambda a, b, d: a >> (b & 31),
    "sra": lambda a, b, d: u(s(a) >> (b & 31)),
    "or": lambda a, b, d: a | b,
    "and": lambda a, b, d: a & b,
    "mul": lambda a, b, d: u(a * b),
    "mulh": lambda a, b, d: u((s(a) * s(b)) >> 32),
    "mulhsu": lambda a, b, d: u((s(a) * b) >> 32),
    "mulhu": lambda a, b, d: (a * b) >> 32,
    "div": lambda a, b, d: _div(a, b),
    "divu": lambda a, b, d: a // b if b else M32,
    "rem": lambda a, b, d: _rem(a, b),
    "remu": lambda a, b, d: a % b if b else a,
}

BASE_IMMEDIATE: dict[str, Function] = {
    "addi": lambda a, i, d: u(a + i),
    "slti": lambda a, i, d: int(s(a) < i),
    "sltiu": lambda a, i, d: int(a < u(i)),
    "xori": lambda a, i, d: a ^ u(i),
    "ori": lambda a, i, d: a | u(i),
    "andi": lambda a, i, d: a & u(i),
}

BASE_SHIFT: dict[str, Function] = {
    "slli": lambda a, i, d: u(a << i),
    "srli": lambda a, i, d: a >> i,
    "srai": lambda a, i, d: u(s(a) >> i),
}

BRANCH: dict[str, Function] = {
    "beq": lambda a, b: a == b,
    "bne": lambda a, b: a != b,
    "blt": lambda a, b: s(a) < s(b),
    "bge": lambda a, b: s(a) >= s(b),
    "bltu": lambda a, b: a < b,
    "bgeu": lambda a, b: a >= b,
}

# ---- XCValu


def _clip(value: int, low: int, high: int) -> int:
    return u(low if s(value) <= low else high if s(value) >= high else s(value))


def _bounds(is2: int) -> tuple[int, int]:
    return (-(2 ** (is2 - 1)), 2 ** (is2 - 1) - 1) if is2 else (-1, 0)


ALU: dict[str, Function] = {
    "cv.sle": lambda a, b, d: int(s(a) <= s(b)),
    "cv.sleu": lambda a, b, d: int(a <= b),
    "cv.min": lambda a, b, d: a if s(a) < s(b) else b,
    "cv.minu": lambda a, b, d: min(a, b),
    "cv.max": lambda a, b, d: b if s(a) < s(b) else a,
    "cv.maxu": lambda a, b, d: max(a, b),
    "cv.clipr": lambda a, b, d: _clip(a, -((b & 0x7FFFFFFF) + 1), b & 0x7FFFFFFF),
    "cv.clipur": lambda a, b, d: _clip(a, 0, b & 0x7FFFFFFF),
    "cv.mac": lambda a, b, d: u(d + a * b),
    "cv.msu": lambda a, b, d: u(d - a * b),
    "cv.ror": lambda a, b, d: u((a >> (b & 31)) | (a << (32 - (b & 31)))),
}

ONE_OPERAND: dict[str, Function] = {
    "cv.abs": lambda a: u(-s(a) if s(a) < 0 else a),
    "cv.exths": lambda a: u(s(a, 16)),
    "cv.exthz": lambda a: a & 0xFFFF,
    "cv.extbs": lambda a: u(s(a, 8)),
    "cv.extbz": lambda a: a & 0xFF,
    "cv.ff1": lambda a: (a & -a).bit_length() - 1 if a else 32,
    "cv.fl1": lambda a: a.bit_length() - 1 if a else 32,
    "cv.clb": lambda a: 0 if a == 0 else 32 - (a ^ (M32 if a >> 31 else 0)).bit_length() - 1,
    "cv.cnt": lambda a: a.bit_count(),
    "cv.cplxconj": lambda a: (a & 0xFFFF) | ((-(a >> 16) & 0xFFFF) << 16),
    "cv.abs.h": lambda a: lanes(16, a, 0, lambda x, _: -x if x < 0 else x),
    "cv.abs.b": lambda a: lanes(8, a, 0, lambda x, _: -x if x < 0 else x),
}

CLIP: dict[str, Function] = {
    "cv.clip": lambda a, i: _clip(a, *_bounds(i)),
    "cv.clipu": lambda a, i: _clip(a, 0, _bounds(i)[1]),
}


def _half(shift: int) -> int:
    return 1 << (shift - 1) if shift else 0


def _normalised() -> dict[str, Function]:
    """cv.addN to cv.subuRN (shift is an immediate) and their Nr forms (shift in rs2)."""
    table: dict[str, Function] = {}
    for name, sign in (("add", 1), ("sub", -1)):
        for unsigned in ("", "u"):
            for rounding in ("", "R"):

                def compute(
                    x: int,
                    y: int,
                    n: int,
                    sign: int = sign,
                    unsigned: str = unsigned,
                    rounding: str = rounding,
                ) -> int:
                    total = u(x + sign * y + (_half(n) if rounding else 0))
                    return total >> n if unsigned else u(s(total) >> n)

                table[f"cv.{name}{unsigned}{rounding}N"] = compute
    return table


NORMALISED = _normalised()

# ---- XCVmac: 16 x 16


def _multiply16() -> dict[str, Function]:
    table: dict[str, Function] = {}
    for signed in ("s", "u"):
        for high in ("", "hh"):
            for rounding in ("", "R"):
                for accumulate in (False, True):

                    def compute(
                        a: int,
                        b: int,
                        d: int,
                        n: int,
                        signed: str = signed,
                        high: str = high,
                        rounding: str = rounding,
                        accumulate: bool = accumulate,
                    ) -> int:
                        x, y = (v >> 16 if high else v & 0xFFFF for v in (a, b))
                        if signed == "s":
                            x, y = s(x, 16), s(y, 16)
                        total = u(x * y + (d if accumulate else 0) + (_half(n) if rounding else 0))
                        return u(s(total) >> n) if signed == "s" else total >> n

                    table[f"cv.{'mac' if accumulate else 'mul'}{high}{signed}{rounding}N"] = compute
    return table


MULTIPLY16 = _multiply16()

# ---- XCVbitmanip: bits min(is3 + is2, 31) to is2


def _mask(is3: int, is2: int) -> int:
    return sum(1 << bit for bit in range(is2, min(is3 + is2, 31) + 1))


def _extract(a: int, is3: int, is2: int, signed: bool) -> int:
    width = min(is3 + is2, 31) - is2 + 1
    value = (a >> is2) & ((1 << width) - 1)
    return u(s(value, width)) if signed else value


def _bitrev(a: int, is3: int, is2: int) -> int:
    group = {0: 1, 1: 2, 2: 3, 3: 1}[is3]
    shifted = u(a << is2)
    digits = [(shifted >> (32 - group * (i + 1))) & ((1 << group) - 1) for i in range(32 // group)]
    return sum(digit << (group * i) for i, digit in enumerate(digits))


BITS: dict[str, Function] = {
    "cv.extract": lambda a, is3, is2, d: _extract(a, is3, is2, True),
    "cv.extractu": lambda a, is3, is2, d: _extract(a, is3, is2, False),
    "cv.insert": lambda a, is3, is2, d: (d & ~_mask(is3, is2) & M32) | (u(a << is2) & _mask(is3, is2)),
    "cv.bclr": lambda a, is3, is2, d: a & ~_mask(is3, is2) & M32,
    "cv.bset": lambda a, is3, is2, d: a | _mask(is3, is2),
}
BITREV: Function = _bitrev

# ---- XCVsimd


def lanes(bits: int, a: int, b: int, operation: Callable[[int, int], int], signed: bool = True) -> int:
    result = 0
    for i in range(0, 32, bits):
        x, y = (a >> i) & ((1 << bits) - 1), (b >> i) & ((1 << bits) - 1)
        if signed:
            x, y = s(x, bits), s(y, bits)
        result |= (operation(x, y) & ((1 << bits) - 1)) << i
    return result


def replicate(bits: int, value: int) -> int:
    value &= (1 << bits) - 1
    return value * (0x01010101 if bits == 8 else 0x00010001)


# name -> (operation on two lanes of `bits` bits, lanes signed, immediate signed)
VECTOR: dict[str, tuple[Callable[[int, int, int], int], bool, bool]] = {
    "cv.add": (lambda a, b, n: a + b, True, True),
    "cv.sub": (lambda a, b, n: a - b, True, True),
    "cv.avg": (lambda a, b, n: s(a + b, n) >> 1, True, True),
    "cv.avgu": (lambda a, b, n: ((a + b) & ((1 << n) - 1)) >> 1, False, False),
    "cv.min": (lambda a, b, n: min(a, b), True, True),
    "cv.minu": (lambda a, b, n: min(a, b), False, False),
    "cv.max": (lambda a, b, n: max(a, b), True, True),
    "cv.maxu": (lambda a, b, n: max(a, b), False, False),
    "cv.srl": (lambda a, b, n: a >> (b & (n - 1)), False, False),
    "cv.sra": (lambda a, b, n: a >> (b & (n - 1)), True, False),
    "cv.sll": (lambda a, b, n: a << (b & (n - 1)), False, False),
    "cv.or": (lambda a, b, n: a | b, True, True),
    "cv.xor": (lambda a, b, n: a ^ b, True, True),
    "cv.and": (lambda a, b, n: a & b, True, True),
    "cv.cmpeq": (lambda a, b, n: -(a == b), True, True),
    "cv.cmpne": (lambda a, b, n: -(a != b), True, True),
    "cv.cmpgt": (lambda a, b, n: -(a > b), True, True),
    "cv.cmpge": (lambda a, b, n: -(a >= b), True, True),
    "cv.cmplt": (lambda a, b, n: -(a < b), True, True),
    "cv.cmple": (lambda a, b, n: -(a <= b), True, True),
    "cv.cmpgtu": (lambda a, b, n: -(a > b), False, False),
    "cv.cmpgeu": (lambda a, b, n: -(a >= b), False, False),
    "cv.cmpltu": (lambda a, b, n: -(a < b), False, False),
    "cv.cmpleu": (lambda a, b, n: -(a <= b), False, False),
}
SHIFTS = ("cv.srl", "cv.sra", "cv.sll")

# name -> (rs1 signed, op2 signed, accumulates)
DOT: dict[str, tuple[bool, bool, bool]] = {
    "cv.dotup": (False, False, False),
    "cv.dotusp": (False, True, False),
    "cv.dotsp": (True, True, False),
    "cv.sdotup": (False, False, True),
    "cv.sdotusp": (False, True, True),
    "cv.sdotsp": (True, True, True),
}


def dot(bits: int, a: int, b: int, signed_a: bool, signed_b: bool) -> int:
    total = 0
    for i in range(0, 32, bits):
        x, y = (a >> i) & ((1 << bits) - 1), (b >> i) & ((1 << bits) - 1)
        total += (s(x, bits) if signed_a else x) * (s(y, bits) if signed_b else y)
    return total


def _shuffle(bits: int, a: int, b: int) -> int:
    result, index = 0, 3 if bits == 8 else 1
    for i in range(0, 32, bits):
        result |= ((a >> (((b >> i) & index) * bits)) & ((1 << bits) - 1)) << i
    return result


def _shuffle2(bits: int, a: int, b: int, d: int) -> int:
    result, index = 0, 3 if bits == 8 else 1
    for i in range(0, 32, bits):
        source = a if (b >> i) & (index + 1) else d
        result |= ((source >> (((b >> i) & index) * bits)) & ((1 << bits) - 1)) << i
    return result


def _complex(a: int, b: int) -> tuple[int, int]:
    ar, ai, br, bi = s(a, 16), s(a >> 16, 16), s(b, 16), s(b >> 16, 16)
    return s(ar * br - ai * bi), s(ar * bi + ai * br)  # 32-bit sums (cv32e40p_mult.sv)


PAIRS: dict[str, Function] = {
    "cv.shuffle.h": lambda a, b, d: _shuffle(16, a, b),
    "cv.shuffle.b": lambda a, b, d: _shuffle(8, a, b),
    "cv.shuffle2.h": lambda a, b, d: _shuffle2(16, a, b, d),
    "cv.shuffle2.b": lambda a, b, d: _shuffle2(8, a, b, d),
    "cv.pack": lambda a, b, d: ((a & 0xFFFF) << 16) | (b & 0xFFFF),
    "cv.pack.h": lambda a, b, d: (a & 0xFFFF0000) | (b >> 16),
    "cv.packhi.b": lambda a, b, d: (d & 0xFFFF) | ((a & 0xFF) << 24) | ((b & 0xFF) << 16),
    "cv.packlo.b": lambda a, b, d: (d & 0xFFFF0000) | ((a & 0xFF) << 8) | (b & 0xFF),
}
for _k, _suffix in enumerate(("", ".div2", ".div4", ".div8")):
    PAIRS[f"cv.cplxmul.r{_suffix}"] = lambda a, b, d, k=_k: (
        (d & 0xFFFF0000) | (_complex(a, b)[0] >> (15 + k)) & 0xFFFF
    )
    PAIRS[f"cv.cplxmul.i{_suffix}"] = lambda a, b, d, k=_k: (
        (d & 0xFFFF) | ((_complex(a, b)[1] >> (15 + k)) & 0xFFFF) << 16
    )
    PAIRS[f"cv.subrotmj{_suffix}"] = lambda a, b, d, k=_k: (
        ((s(b - a, 16) >> k) & 0xFFFF) << 16 | (s((a >> 16) - (b >> 16), 16) >> k) & 0xFFFF
    )
    if _k:
        PAIRS[f"cv.add{_suffix}"] = lambda a, b, d, k=_k: lanes(16, a, b, lambda x, y: s(x + y, 16) >> k)
        PAIRS[f"cv.sub{_suffix}"] = lambda a, b, d, k=_k: lanes(16, a, b, lambda x, y: s(x - y, 16) >> k)


def shuffle_sci(name: str, a: int, imm: int) -> int:
    if name == "cv.shuffle.sci.h":
        return _shuffle(16, a, (imm & 1) | (imm >> 1 & 1) << 16)
    top = int(name[len("cv.shuffleI")])
    selector = (imm & 3) | (imm >> 2 & 3) << 8 | (imm >> 4 & 3) << 16 | top << 24
    return _shuffle(8, a, selector)


def lane(name: str, a: int, imm: int, d: int) -> int:
    bits = 8 if name.endswith(".b") else 16
    position, mask = bits * imm, (1 << bits) - 1
    value = (a >> position) & mask
    if name.startswith("cv.insert"):
        return (d & ~(mask << position) & M32) | (a & mask) << position
    return value if name.startswith("cv.extractu") else u(s(value, bits))

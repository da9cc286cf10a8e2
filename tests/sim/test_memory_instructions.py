"""Loads and stores in all forms: value, address, post-increment; within a word, across words, sign."""

import random
import struct

from nmcu import targets
from nmcu.sim import simulate
from sim.assembly import assemble

BASE, RESULTS, DATA_BYTES = 0x8000_0000, 0x8010_0000, 256
SIZES = {"b": (1, True), "bu": (1, False), "h": (2, True), "hu": (2, False), "w": (4, True)}


def _run(body: list[str], data: bytes, count: int) -> tuple[bytes, tuple[int, ...]]:
    lines = [".option norelax", ".globl _start", "_start:", f"li s1, {RESULTS}", *body]
    lines += ["li t0, 0x1a100000", "sw zero, 0(t0)", "8: j 8b", ""]
    result = simulate(
        assemble("\n".join(lines)),
        targets.get("cv32e40p"),
        writes={BASE: data},
        reads=[(BASE, DATA_BYTES), (RESULTS, 4 * count)],
    )
    return result.memory[0], struct.unpack(f"<{count}I", result.memory[1])


def _load(data: bytes, offset: int, size: int, signed: bool) -> int:
    return int.from_bytes(data[offset : offset + size], "little", signed=signed) & 0xFFFFFFFF


def test_loads_in_all_forms() -> None:
    data = random.Random(1).randbytes(DATA_BYTES)
    body: list[str] = []
    expected: list[int] = []

    def record(text: list[str], value: int, pointer: int) -> None:
        body.extend([*text, "sw a2, 0(s1)", "sw a0, 4(s1)", "addi s1, s1, 8"])
        expected.extend([value, pointer & 0xFFFFFFFF])

    for suffix, (size, signed) in SIZES.items():
        for at in (0, 1, 2, 3, 101, 102, 103):  # crossing a word or not
            value = _load(data, at, size, signed)
            record([f"li a0, {BASE + at + 8}", f"l{suffix} a2, -8(a0)"], value, BASE + at + 8)
            for step in (4, -3, 2047, -2048):
                record([f"li a0, {BASE + at}", f"cv.l{suffix} a2, (a0), {step}"], value, BASE + at + step)
                text = [f"li a0, {BASE + at}", f"li a1, {step}", f"cv.l{suffix} a2, (a0), a1"]
                record(text, value, BASE + at + step)
            text = [f"li a0, {BASE + 50}", f"li a1, {at - 50}", f"cv.l{suffix} a2, a1(a0)"]
            record(text, value, BASE + 50)
            # the loaded value wins over the incremented address
            record([f"li a0, {BASE + at}", f"cv.l{suffix} a0, (a0), 4", "mv a2, a0"], value, value)
    record([f"li a0, {BASE}", "lw zero, 0(a0)", "mv a2, zero"], 0, BASE)
    _, found = _run(body, data, len(expected))
    assert found == tuple(expected)


def test_stores_in_all_forms() -> None:
    r = random.Random(2)
    memory = bytearray(r.randbytes(DATA_BYTES))
    start = bytes(memory)
    body: list[str] = []
    expected: list[int] = []
    for suffix, size in (("b", 1), ("h", 2), ("w", 4)):
        for form in ("plain", "post", "post_register", "register"):
            for at in (r.randrange(0, 200) for _ in range(8)):
                value = r.getrandbits(32)
                memory[at : at + size] = (value & ((1 << (8 * size)) - 1)).to_bytes(size, "little")
                step = {"plain": 0, "post": -5, "post_register": 77, "register": 0}[form]
                body += [f"li a2, {value}"]
                if form == "plain":
                    body += [f"li a0, {BASE + at - 20}", f"s{suffix} a2, 20(a0)"]
                    step = -20
                elif form == "post":
                    body += [f"li a0, {BASE + at}", f"cv.s{suffix} a2, (a0), {step}"]
                elif form == "post_register":
                    body += [f"li a0, {BASE + at}", f"li a1, {step}", f"cv.s{suffix} a2, (a0), a1"]
                else:
                    body += [f"li a0, {BASE}", f"li a1, {at}", f"cv.s{suffix} a2, a1(a0)"]
                    step = -at
                expected.append((BASE + at + step) & 0xFFFFFFFF)
                body += ["sw a0, 0(s1)", "addi s1, s1, 4"]
    found_memory, found = _run(body, start, len(expected))
    assert found == tuple(expected)
    assert found_memory == bytes(memory)

"""Instruction words from their fields, and programs from words."""

from collections.abc import Iterable

C_NOP = 0x0001
SYSTEM, CUSTOM_0, CUSTOM_1 = 0x73, 0x0B, 0x2B


def i_type(opcode: int, funct3: int, rd: int, rs1: int, immediate: int) -> int:
    return (immediate & 0xFFF) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def s_type(opcode: int, funct3: int, rs1: int, rs2: int, immediate: int) -> int:
    high, low = immediate >> 5 & 0x7F, immediate & 0x1F
    return high << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | low << 7 | opcode


def r_type(opcode: int, funct3: int, funct7: int, rd: int, rs1: int, rs2: int) -> int:
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def b_type(opcode: int, funct3: int, rs1: int, rs2: int, offset: int) -> int:
    high = (offset >> 12 & 1) << 6 | offset >> 5 & 0x3F
    low = (offset >> 1 & 0xF) << 1 | offset >> 11 & 1
    return high << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | low << 7 | opcode


def j_type(rd: int, offset: int) -> int:
    high, low = (offset >> 20 & 1) << 19 | (offset >> 1 & 0x3FF) << 9, (offset >> 11 & 1) << 8
    return (high | low | offset >> 12 & 0xFF) << 12 | rd << 7 | 0x6F


def lui(rd: int, upper: int) -> int:
    return (upper & 0xFFFFF) << 12 | rd << 7 | 0x37


def load_immediate(rd: int, value: int) -> list[int]:
    """lui, addi."""
    return [lui(rd, (value + 0x800) >> 12), i_type(0x13, 0, rd, rd, value)]


def hardware_loop(funct4: int, which: int, rs1: int, immediate: int) -> int:
    """A set-up instruction of the CORE-V hardware loop `which` (0, 1)."""
    return i_type(CUSTOM_1, 4, funct4 << 1 | which, rs1, immediate)


def to_bytes(code: Iterable[int]) -> bytes:
    """The words one behind the other: two bytes of a compressed one, by its two low bits, else four."""
    return b"".join(word.to_bytes(4 if word & 3 == 3 else 2, "little") for word in code)

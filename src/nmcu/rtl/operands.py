"""Operands of random instructions: registers with a purpose, and which operand may be which."""

import random

from nmcu.sim.instructions import Instruction

DATA = 0x20000  # pointers stay near; below 0x10000 is code

POINTERS = (2, 8, 9, 18)  # x2 and x8, x9 are what compressed loads and stores can reach
INDEX, COUNT, TRAP_SCRATCH, JUMP_SCRATCH = 19, 20, 30, 31
# All other registers are free destinations.
FREE = tuple(r for r in range(32) if r not in (*POINTERS, INDEX, COUNT, TRAP_SCRATCH, JUMP_SCRATCH))
RD, RS1, RS2 = 7, 15, 20


def computation(rng: random.Random, row: Instruction) -> int:
    """`row` with random operands; what it writes is a free register."""
    word = _random(rng, row)
    if row.writes_rd:
        word = _put(row, word, RD, rng.choice(FREE))
    if row.writes_rs1:
        word = _put(row, word, RS1, rng.choice(FREE))
    return word


def access(rng: random.Random, row: Instruction) -> int:
    """`row`, a load or store, at a pointer and an offset that stays near.

    What adds to the address stands beside `(rs1)` in the instruction's text; other operands are data.
    """
    word = _put(row, _random(rng, row), RS1, rng.choice(POINTERS))
    if row.writes_rd:
        word = _put(row, word, RD, rng.choice(FREE))
    indexed = "(rs1)" in row.text
    if indexed and row.is_load and row.reads_rs2:
        word = _put(row, word, RS2, INDEX)
    if indexed and row.is_store and row.reads_rd:
        word = _put(row, word, RD, INDEX)
    offset = rng.randrange(-32, 33) if row.writes_rs1 else rng.randrange(-128, 128)
    if row.immediate == "I":
        word = word & ~(0xFFF << 20) | (offset & 0xFFF) << 20
    elif row.immediate == "S":
        word = _put(row, word, RD, offset & 0x1F) & ~(0x7F << 25) | (offset >> 5 & 0x7F) << 25
    return word


def _random(rng: random.Random, row: Instruction) -> int:
    return row.match | rng.getrandbits(32) & ~row.mask


def _put(row: Instruction, word: int, field: int, register: int) -> int:
    """`register` in the field at bit `field`, as far as the encoding leaves it open."""
    open_bits = 0x1F << field & ~row.mask
    return word & ~open_bits | register << field & open_bits

"""The handler of a random stream's interrupts: it saves what it is about to change, computes, and restores it."""

import random

from nmcu.rtl.encode import SYSTEM, hardware_loop, i_type, s_type
from nmcu.rtl.items import Maker
from nmcu.rtl.operands import RD, RS1, TRAP_SCRATCH
from nmcu.rtl.system_items import settable
from nmcu.sim.instructions import Table

LOOP_REGISTERS = ((0xCC0, 1), (0xCC1, 3), (0xCC2, 5))
"""CSRs of hardware loop 0 (those of loop 1 lie four further), and which set-up instruction writes each."""
WRITE, READ = 1, 2


def handler(seed: int, table: Table) -> tuple[int, ...]:
    """What a handler does while `TRAP_SCRATCH` is saved: random instructions of `table`, around which it keeps the
    registers that they write, the hardware loops, and the state of extensions.

    All of it is saved in the first 256 bytes of memory.
    """
    body = Maker(random.Random(seed), table).handler_body()
    rows = [(word, row) for word in body if (row := table.find(word))]
    written = {word >> RD & 31 for word, row in rows if row.writes_rd}
    written |= {word >> RS1 & 31 for word, row in rows if row.writes_rs1}
    saved = [store(register, register) for register in sorted(written)]
    restored = [load(register, register) for register in sorted(written)]
    accumulate = any(row.extension == "gmac" for _, row in rows)
    moves = (*_loops(), *_csrs(table), *(_accumulators(table) if accumulate else ()))
    for slot, (to_scratch, from_scratch) in enumerate(moves, 32):
        saved += [to_scratch, store(TRAP_SCRATCH, slot)]
        restored += [load(TRAP_SCRATCH, slot), from_scratch]
    return (*saved, *body, *restored)


def store(register: int, slot: int) -> int:
    return s_type(0x23, 2, 0, register, 4 * slot)


def load(register: int, slot: int) -> int:
    return i_type(0x03, 2, register, 0, 4 * slot)


def _loops() -> list[tuple[int, int]]:
    """For each register of the hardware loops: into `TRAP_SCRATCH`, and from there."""
    return [
        (
            i_type(SYSTEM, READ, TRAP_SCRATCH, 0, csr + 4 * which),
            hardware_loop(setup, which, TRAP_SCRATCH, 0),
        )
        for which in (0, 1)
        for csr, setup in LOOP_REGISTERS
    ]


def _csrs(table: Table) -> list[tuple[int, int]]:
    """The same for the extensions' CSRs."""
    numbers = [csr.number for csr in table.csrs if settable(csr)]
    return [
        (i_type(SYSTEM, READ, TRAP_SCRATCH, 0, n), i_type(SYSTEM, WRITE, 0, TRAP_SCRATCH, n)) for n in numbers
    ]


def _accumulators(table: Table) -> list[tuple[int, int]]:
    """The same for those of gmac: four pushes either way."""
    push = next(row.match for row in table.instructions if row.name == "nm_acc_push")
    return [(push | TRAP_SCRATCH << RD, push | TRAP_SCRATCH << RS1)] * 4

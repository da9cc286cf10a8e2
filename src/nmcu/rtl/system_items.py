"""Items for what is privileged: CSR accesses, counters, traps, illegal words."""

import random
from collections.abc import Callable

from nmcu.rtl.encode import C_NOP, CUSTOM_1, SYSTEM, i_type, load_immediate, r_type
from nmcu.rtl.item import Item
from nmcu.rtl.operands import COUNT, FREE, JUMP_SCRATCH
from nmcu.sim.instructions import Csr, Instruction, Table

MSTATUS, MIE, MTVEC, MCOUNTINHIBIT, MHPMEVENT3, MIP = 0x300, 0x304, 0x305, 0x320, 0x323, 0x344
COUNTERS = (0xB00, 0xB02, 0xB03, 0xB80, 0xB82, 0xB83)  # mcycle, minstret, mhpmcounter3
MIRRORS = (0xC00, 0xC02, 0xC03, 0xC80, 0xC82, 0xC83)  # of the same, read only
STOPPED = 0xD  # mcountinhibit
WRITE, SET, CLEAR = 1, 2, 3  # funct3, + 4 with an immediate
# Fetch misses (bit 4) are the bus's; the simulator's is ideal.
EVENTS = 0xFFFF & ~(1 << 4)
# Short forms that RV32C reserves, or that only other extensions have.
ILLEGAL_SHORT = (
    *(0x0000, 0x0004, 0x2000, 0x6000, 0x8000, 0xA000, 0xE000, 0x6101, 0x6281, 0x9001, 0x9C01, 0x9C61),
    *(0x1002, 0x2002, 0x4002, 0x6002, 0x8002, 0xA002, 0xE002),
)


def settable(csr: Csr) -> bool:
    """Whether it is an extension's, with bits that programs choose: random values could lead out of a stream."""
    return csr.extension not in ("base", "xcv") and csr.writable != 0


class SystemItems:
    """Random items of the CSRs in `table`, and of words that none of its instructions has.

    Counters stand still between items, so that reading one is the same on both cores although their cycles may differ.
    A stream that is `interrupted` does not read which interrupts wait: only the RTL has them.
    """

    def __init__(
        self, rng: random.Random, table: Table, extensions: list[Instruction], interrupted: bool = False
    ) -> None:
        self._rng = rng
        self._table = table
        self._settable = [csr.number for csr in table.csrs if settable(csr)]
        left_alone = (MCOUNTINHIBIT, MHPMEVENT3, *((MIP,) if interrupted else ()))
        self._named = [csr.number for csr in table.csrs if csr.number not in left_alone]
        self._numbers = [n for n in range(0x1000) if n != MIP or not interrupted]
        self._illegal = _illegal(table, extensions)

    def csr(self) -> Item:
        """Any access to a CSR that has a name, or to one that has none and traps; values are random."""
        rng = self._rng
        number = rng.choice(self._named if rng.random() < 0.85 else self._numbers)
        return Item("csr", (self._access(number),))

    def _access(self, number: int) -> int:
        rng = self._rng
        rd, operation = rng.choice(FREE), rng.choice((WRITE, SET, CLEAR))
        if number == MTVEC:  # the handler stays where it is; direct or vectored
            return i_type(SYSTEM, rng.choice((SET, CLEAR)) + 4, rd, rng.randrange(2), number)
        if number in (*COUNTERS, MCOUNTINHIBIT, MHPMEVENT3):
            return i_type(SYSTEM, SET, rd, 0, number)
        immediate = number in self._settable or rng.random() < 0.3
        return i_type(SYSTEM, operation + 4 * immediate, rd, rng.randrange(32), number)

    def enable_interrupts(self) -> list[int]:
        return [
            i_type(0x13, 0, JUMP_SCRATCH, 0, -1),
            i_type(SYSTEM, WRITE, 0, JUMP_SCRATCH, MIE),
            i_type(SYSTEM, SET + 4, 0, 8, MSTATUS),
        ]

    def counters(self, body: Callable[[], Item]) -> Item:
        """Counters are started, written and read among what `body` makes, then stopped."""
        rng = self._rng
        code = [
            *load_immediate(
                COUNT, rng.getrandbits(16) & EVENTS if rng.random() < 0.5 else 1 << rng.randrange(11)
            )
        ]
        if code and rng.random() < 0.8:
            code.append(i_type(SYSTEM, WRITE, rng.choice(FREE), COUNT, MHPMEVENT3))
        code.append(i_type(SYSTEM, WRITE + 4, rng.choice(FREE), rng.randrange(16), MCOUNTINHIBIT))
        for _ in range(rng.randrange(1, 6)):
            code += self._touch_counter()
            for _ in range(rng.randrange(4)):
                code += body().code
        code += [i_type(SYSTEM, SET, rng.choice(FREE), 0, rng.choice(COUNTERS)) for _ in range(2)]
        code.append(i_type(SYSTEM, WRITE + 4, rng.choice(FREE), STOPPED, MCOUNTINHIBIT))
        code += [i_type(SYSTEM, SET, rng.choice(FREE), 0, rng.choice(COUNTERS)) for _ in range(2)]
        return Item("counters", tuple(code))

    def _touch_counter(self) -> list[int]:
        rng = self._rng
        form, rd = rng.randrange(4), rng.choice(FREE)
        if form == 0:
            return [
                i_type(SYSTEM, rng.choice((WRITE, SET, CLEAR)), rd, rng.randrange(32), rng.choice(COUNTERS))
            ]
        if form == 1:
            operation = rng.choice((WRITE, SET, CLEAR)) + 4
            return [i_type(SYSTEM, operation, rd, rng.randrange(16), MCOUNTINHIBIT)]
        return [i_type(SYSTEM, SET, rd, 0, rng.choice((*COUNTERS, *MIRRORS)))]

    def trap(self) -> Item:
        """ecall, ebreak, an illegal word or CSR access; the handler returns behind it."""
        rng = self._rng
        if rng.random() < 0.2:  # the handler skips four bytes
            return Item("trap", (rng.choice((0x9002, *ILLEGAL_SHORT)), C_NOP))
        return self.trap_word()

    def trap_word(self) -> Item:
        """A `trap` of 32 bits, which may stand in a hardware loop."""
        rng = self._rng
        form = rng.random()
        if form < 0.3:
            return Item("trap", (rng.choice((0x00000073, 0x00100073)),))
        if form < 0.6:
            return Item("trap", (rng.choice(self._illegal),))
        return Item("trap", (self._random_illegal(),))

    def _random_illegal(self) -> int:
        """Any word that is no instruction; a few bits off one, or random bits of any opcode."""
        rng = self._rng
        while True:
            word = rng.getrandbits(32) | 3
            if rng.random() < 0.2:
                word = word & ~0x7F | SYSTEM
            elif rng.random() < 0.6:
                row = rng.choice(self._table.instructions)
                word = row.match | word & ~row.mask
                word ^= 1 << rng.choice([bit for bit in range(2, 32) if row.mask >> bit & 1])
            if self._table.find(word) is None:
                return word


def _illegal(table: Table, rows: list[Instruction]) -> tuple[int, ...]:
    """Words that trap: a few of all cores, and near misses of the extensions' instructions `rows`."""
    known = {csr.number for csr in table.csrs}
    no_csr = next(number for number in range(0x7FF, 0, -1) if number not in known)
    accesses = (
        i_type(SYSTEM, 1, 5, 6, 0xF14),
        i_type(SYSTEM, 2, 5, 0, no_csr),
        i_type(SYSTEM, 4, 5, 6, 0x340),
    )
    words = [0xFFFFFFFF, r_type(CUSTOM_1, 5, 3, 5, 8, 9)]
    words += [row.match ^ 1 << bit for row in rows for bit in range(25, 32) if row.mask >> bit & 1]
    return (*accesses, *(word for word in words if not table.find(word)))

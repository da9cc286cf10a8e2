"""The items of random streams: single instructions from the table, and structures around them."""

import random
from collections.abc import Callable
from functools import partial

from nmcu.rtl.encode import (
    C_NOP,
    CUSTOM_0,
    SYSTEM,
    b_type,
    hardware_loop,
    i_type,
    j_type,
    load_immediate,
    to_bytes,
)
from nmcu.rtl.item import Item
from nmcu.rtl.operands import (
    COUNT,
    DATA,
    FREE,
    INDEX,
    JUMP_SCRATCH,
    POINTERS,
    TRAP_SCRATCH,
    access,
    computation,
)
from nmcu.rtl.self_modifying import self_modifying
from nmcu.rtl.system_items import SystemItems, settable
from nmcu.sim.instructions import Instruction, Table

__all__ = ["DATA", "INDEX", "POINTERS", "TRAP_SCRATCH", "Item", "Maker"]

COMPRESSED_FREE = tuple(r for r in FREE if 8 <= r < 16)
CORE = ("base", "xcv")  # what the core always has; the structures below are made for it
ELSEWHERE = (
    "J",
    "B",
    "BranchImm5",
    "LoopI",
    "LoopSetupI",
    "Csr",
)  # immediates that no free choice is made of
DIVISIONS = ("div", "divu", "rem", "remu")


class Maker:
    """Makes random items of the instructions and CSRs in `table`.

    The core's own are mixed as programs mix them. An extension's loads and stores go through pointers, its other
    instructions get random operands, its CSRs small values; those that transfer control are left out.

    With `interrupted`, pointers are put back and interrupts enabled together, and no counter runs.
    """

    def __init__(self, rng: random.Random, table: Table, interrupted: bool = False) -> None:
        self._rng = rng
        self._table = table
        self._interrupted = interrupted
        rows = table.instructions
        accesses = [row for row in rows if row.is_load or row.is_store]
        self._loads = [row for row in accesses if row.extension == "base" and row.is_load]
        self._stores = [row for row in accesses if row.extension == "base" and row.is_store]
        self._corev = [row for row in accesses if row.extension == "xcv"]
        computing = [row for row in rows if row.extension in CORE and _computes(row)]
        self._divisions = [row for row in computing if row.name in DIVISIONS]
        self._computations = [row for row in computing if row.name not in DIVISIONS]
        self._dot_products = [row for row in computing if "dot" in row.name]
        of_extensions: dict[str, list[Instruction]] = {}
        for row in rows:
            if row.extension not in CORE and row.immediate not in ELSEWHERE:
                of_extensions.setdefault(row.extension, []).append(row)
        self._settable = [csr.number for csr in table.csrs if settable(csr)]
        self._system = SystemItems(
            rng, table, [row for of in of_extensions.values() for row in of], interrupted
        )
        extensions = [partial(self.extension, rows) for rows in of_extensions.values()]
        self._simple: list[Callable[[], Item]] = [
            *(self.compute, self.compute, self.compute, self.load, self.store, self.corev_access),
            *extensions,
        ]
        self._weights: dict[Callable[[], Item], float] = {
            self.compute: 34,
            self.load: 12,
            self.store: 8,
            self.corev_access: 10,
            self.compressed: 14,
            self.branch: 6,
            self.jump: 3,
            self.counted_loop: 1,
            self.hardware_loop: 2,
            self.divide: 1.5,
            self.csr: 2,
            self.trap: 0.7,
            self.counters: 0.6,
            self.self_modifying: 0.4,
            self.fence: 0.4,
            **dict.fromkeys(extensions, 5),
        }
        if interrupted:
            del self._weights[self.counters]

    def choices(self, count: int) -> list[Callable[[], Item]]:
        """`count` of the functions below, by how often programs have what they make."""
        return self._rng.choices(list(self._weights), list(self._weights.values()), k=count)

    # ---- single instructions

    def compute(self) -> Item:
        return Item("compute", (computation(self._rng, self._rng.choice(self._computations)),))

    def divide(self) -> Item:
        return Item("divide", (computation(self._rng, self._rng.choice(self._divisions)),))

    def load(self) -> Item:
        return Item("load", (access(self._rng, self._rng.choice(self._loads)),))

    def store(self) -> Item:
        return Item("store", (access(self._rng, self._rng.choice(self._stores)),))

    def corev_access(self) -> Item:
        row = self._rng.choice(self._corev)
        return Item("cv.load" if row.is_load else "cv.store", (access(self._rng, row),))

    def extension(self, rows: list[Instruction]) -> Item:
        """One of an extension's instructions; several in a row where it reads its own destination.

        What it loads into no register goes into state of its own: more of the extension, dot products and accesses come
        right behind it.
        """
        rng = self._rng
        row = rng.choice(rows)
        make = access if row.is_load or row.is_store else computation
        code = [make(rng, row)]
        if row.is_load and not row.writes_rd:
            for _ in range(rng.randrange(6)):
                other = rng.choice(rng.choice((rows, rows, self._dot_products, self._loads, self._corev)))
                code.append((access if other.is_load or other.is_store else computation)(rng, other))
        elif row.reads_rd and row.writes_rd:
            for _ in range(rng.randrange(4)):
                word = make(rng, row)
                kept = 0x1F << 20 | (0x1F << 7 if rng.random() < 0.6 else 0)  # rs2, often rd
                code.append(word & ~kept | code[-1] & kept)
        return Item(row.extension, tuple(code))

    def csr(self) -> Item:
        return self._system.csr()

    def trap(self) -> Item:
        return self._system.trap()

    def counters(self) -> Item:
        """Counters run over instructions whose time is known to the cycle: an illegal word may wait for a load's rd."""
        kinds = (*self._simple, self.compressed, self.branch, self.divide, self.csr, self.fence)
        trap = Item("trap", (C_NOP, *self.trap().code))
        return self._system.counters(lambda: self._rng.choice(kinds)() if self._rng.random() < 0.85 else trap)

    def self_modifying(self) -> Item:
        return self_modifying(self._rng, self._straight)

    def fence(self) -> Item:
        return Item("fence", (self._rng.choice((0x0FF0000F, 0x0000100F)),))

    def compressed(self) -> Item:
        rng = self._rng
        rd, value = rng.choice(FREE), rng.getrandbits(6)
        small, other = rng.choice(COMPRESSED_FREE) - 8, rng.randrange(8)
        bits = (value >> 5) << 12 | (value & 31) << 2
        if rd == 0:
            return Item("compressed", (C_NOP,))
        pointer, word = rng.choice((0, 1)), rng.randrange(32)
        where = (word >> 1 & 7) << 10 | (word & 1) << 6 | (word >> 4) << 5 | pointer << 7
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
            0x4000 | where | small << 2,  # c.lw
            0xC000 | where | other << 2,  # c.sw
            0x4002 | rd << 7 | (stack & 7) << 4 | (stack >> 3 & 1) << 12 | (stack >> 4) << 2,  # c.lwsp
            0xC002 | rng.randrange(32) << 2 | rng.randrange(64) << 7,  # c.swsp
        )
        return Item("compressed", (rng.choice(forms),))

    # ---- structures

    def reset(self) -> Item:
        """Pointers and the extensions' CSRs back where a stream may go on from; interrupts enabled again."""
        return Item("reset", tuple(self._reset()))

    def branch(self) -> Item:
        """A conditional branch over some instructions; taken about half the time."""
        rng = self._rng
        skipped = self._mixed()
        size = len(to_bytes(skipped))
        form = rng.randrange(4)
        if form == 0:
            head = b_type(CUSTOM_0, rng.choice((6, 7)), rng.randrange(32), rng.randrange(32), size + 4)
        elif form == 1:  # c.beqz, c.bnez
            offset = size + 2
            high = (offset >> 8) << 2 | offset >> 3 & 3
            low = (offset >> 6 & 3) << 3 | (offset >> 1 & 3) << 1 | offset >> 5 & 1
            head = rng.choice((0xC001, 0xE001)) | high << 10 | rng.randrange(8) << 7 | low << 2
        else:
            rs1, rs2 = rng.randrange(32), rng.randrange(32)
            same = rs1 if rng.random() < 0.3 else rs2
            head = b_type(0x63, rng.choice((0, 1, 4, 5, 6, 7)), rs1, same, size + 4)
        return Item("branch", (head, *skipped))

    def jump(self) -> Item:
        """jal, c.j, or jalr with its address computed right before or one instruction earlier."""
        rng = self._rng
        skipped = self._mixed()
        size = len(to_bytes(skipped))
        link = JUMP_SCRATCH if rng.random() < 0.3 else rng.choice(FREE)
        form = rng.randrange(4)
        if form == 0:
            return Item("jump", (j_type(link, size + 4), *skipped))
        if form == 1:
            o = size + 2
            bits = (o >> 11 & 1) << 12 | (o >> 4 & 1) << 11 | (o >> 8 & 3) << 9 | (o >> 10 & 1) << 8
            bits |= (o >> 6 & 1) << 7 | (o >> 7 & 1) << 6 | (o >> 1 & 7) << 3 | (o >> 5 & 1) << 2
            return Item("jump", (rng.choice((0x2001, 0xA001)) | bits, *skipped))
        between = [rng.choice((self.compute, self.load))().code[0]] if form == 3 else []
        address = JUMP_SCRATCH << 7 | 0x17  # auipc x31, 0
        target = 4 + 4 * len(between) + 4 + size
        return Item("jump", (address, *between, i_type(0x67, 0, link, JUMP_SCRATCH, target), *skipped))

    def counted_loop(self) -> Item:
        """A loop with a branch back."""
        rng = self._rng
        kinds = [self.compressed, *self._simple]
        body = [word for _ in range(rng.randrange(1, 4)) for word in rng.choice(kinds)().code]
        tail = i_type(0x13, 0, COUNT, COUNT, -1)
        back = b_type(0x63, 1, COUNT, 0, -len(to_bytes([*body, tail])))
        return Item("loop", (*load_immediate(COUNT, rng.randrange(1, 6)), *body, tail, back))

    def hardware_loop(self) -> Item:
        """One hardware loop, or two nested ones, set up in any of the manual's ways."""
        rng = self._rng
        code = self._reset()
        if rng.random() < 0.5:
            code += self._loop(rng.randrange(2), self._body(rng.randrange(3, 9)), 6)
        else:
            inner = self._loop(0, self._body(rng.randrange(3, 7)), 4)
            body = [*self._body(rng.randrange(3)), *inner, *self._body(rng.randrange(2, 5))]
            code += self._loop(1, body, 4)
        return Item("hwloop", tuple(code), aligned=True)

    def handler_body(self) -> list[int]:
        """Some instructions and a hardware loop over more of them; none is a store or a transfer of control."""
        rng = self._rng
        loop = self._loop(rng.randrange(2), self._quiet(rng.randrange(3, 6)), 4)
        return [*self._quiet(rng.randrange(3)), *loop, *self._quiet(rng.randrange(3))]

    def _quiet(self, count: int) -> list[int]:
        code: list[int] = []
        while len(code) < count:
            code += [
                word for word in self._straight(1) if (row := self._table.find(word)) and not row.is_store
            ]
        return code

    def _loop(self, which: int, body: list[int], most: int) -> list[int]:
        rng = self._rng
        least = (
            1 if body[-1] & 0x7F == SYSTEM else 0
        )  # behind a flush, the RTL counts a loop of 0 rounds down, too
        count, words = rng.randrange(least, most), len(body)
        form = rng.randrange(4)
        if form == 0:
            return [i_type(0x13, 0, COUNT, 0, count), hardware_loop(7, which, COUNT, words + 1), *body]
        if form == 1 and words < 31:
            return [hardware_loop(6, which, words + 1, count), *body]
        if form == 2:  # addresses and count in a register
            here = COUNT << 7 | 0x17  # auipc
            start = (here, i_type(0x13, 0, COUNT, COUNT, 32), hardware_loop(1, which, COUNT, 0))
            end = (here, i_type(0x13, 0, COUNT, COUNT, 20 + 4 * words), hardware_loop(3, which, COUNT, 0))
            return [*start, *end, i_type(0x13, 0, COUNT, 0, count), hardware_loop(5, which, COUNT, 0), *body]
        bounds = (hardware_loop(0, which, 0, 3), hardware_loop(2, which, 0, words + 2))
        return [*bounds, hardware_loop(4, which, 0, count), *body]

    def _body(self, count: int) -> list[int]:
        """At least `count` instructions of a hardware loop: those of `_straight`, now and then a trap or CSR access."""
        code: list[int] = []
        often = self._rng.random() < 0.5
        while len(code) < count:
            special = often and self._rng.random() < 0.2
            code += self._rng.choice((self.csr, self._system.trap_word) if special else self._simple)().code
        return code

    def _straight(self, count: int) -> list[int]:
        """At least `count` 32-bit instructions without control transfer."""
        code: list[int] = []
        while len(code) < count:
            code += self._rng.choice(self._simple)().code
        return code

    def _mixed(self) -> list[int]:
        code: list[int] = []
        for _ in range(self._rng.randrange(4)):
            code += self._rng.choice([self.compressed, *self._simple])().code
        return code

    def _reset(self) -> list[int]:
        rng = self._rng
        code: list[int] = []
        for pointer in POINTERS:
            code += load_immediate(pointer, DATA + rng.randrange(-256, 256))
        code.append(i_type(0x13, 0, INDEX, 0, rng.randrange(-64, 64)))
        code += [i_type(SYSTEM, 5, 0, rng.randrange(32), number) for number in self._settable]
        return [*code, *self._system.enable_interrupts()] if self._interrupted else code


def _computes(row: Instruction) -> bool:
    """Whether an instruction of the core does nothing but write rd from registers and an immediate."""
    return (
        row.writes_rd
        and not (row.is_load or row.is_store)
        and row.immediate not in ELSEWHERE
        and row.name != "jalr"
    )

"""Random but valid instruction streams: RV32IMC, CORE-V with nested hardware loops, any extension, traps.

A stream is a list of items (items.py). An item is position independent and complete in itself (a branch with what it
skips, a loop with its body), so that any sub-list of a stream is a valid program too: that is what the minimiser needs.
"""

import random
from collections.abc import Sequence

from nmcu.rtl import interrupts
from nmcu.rtl.encode import C_NOP, b_type, i_type, j_type, load_immediate, lui, to_bytes
from nmcu.rtl.items import DATA, INDEX, POINTERS, TRAP_SCRATCH, Item, Maker
from nmcu.sim.instructions import Table

MEMORY_BYTES = 0x40000
HANDLER, ENTRY = 0x100, 0x600
LINES = 32  # of interrupts, a jump for each at HANDLER
EXIT_PAGE = 0x1A100
MRET = 0x30200073
RESET_EVERY = 16  # items between two that put the pointers back


def assemble(items: tuple[Item, ...], seed: int, interrupt: Sequence[int] = ()) -> bytes:
    """The memory image of a program that runs `items` and exits; entry point `ENTRY`, random data from `seed`.

    `interrupt` is what its handler of interrupts does with `TRAP_SCRATCH` saved.
    """
    rng = random.Random(seed)
    image = bytearray(rng.randbytes(MEMORY_BYTES))
    handlers = to_bytes(_handlers(interrupt))
    if HANDLER + len(handlers) > ENTRY:
        raise ValueError(f"handlers of {len(handlers)} bytes do not fit their {ENTRY - HANDLER}")
    start = [i_type(0x13, 0, 1, 0, HANDLER), i_type(0x73, 1, 0, 1, 0x305)]
    for register in range(1, 32):
        start += load_immediate(register, rng.getrandbits(32))
    start += [word for pointer in POINTERS for word in load_immediate(pointer, DATA)]
    start += load_immediate(INDEX, 4)
    end = [lui(1, EXIT_PAGE), 0x0000A023, 0x0000006F]  # sw zero, 0(x1); j .
    image[HANDLER : HANDLER + len(handlers)] = handlers
    code = bytearray(to_bytes(start))
    for item in items:
        if item.aligned and len(code) % 4:
            code += to_bytes([C_NOP])
        code += to_bytes(item.code)
    code += to_bytes(end)
    if ENTRY + len(code) > DATA // 2:
        raise ValueError(f"a stream of {len(code)} bytes does not fit its {DATA // 2 - ENTRY} bytes of code")
    image[ENTRY : ENTRY + len(code)] = code
    return bytes(image)


def _handlers(interrupt: Sequence[int]) -> list[int]:
    """A jump for each line, what the first leads to, and what the others lead to.

    Exceptions come to the first, and all interrupts while mtvec is in direct mode.
    """
    exception = [
        i_type(0x73, 2, TRAP_SCRATCH, 0, 0x341),  # csrr x30, mepc; past the instruction that trapped
        i_type(0x13, 0, TRAP_SCRATCH, TRAP_SCRATCH, 4),
        i_type(0x73, 1, 0, TRAP_SCRATCH, 0x341),
        MRET,
    ]
    first = [
        interrupts.store(TRAP_SCRATCH, TRAP_SCRATCH),
        i_type(0x73, 2, TRAP_SCRATCH, 0, 0x342),  # csrr x30, mcause; negative: an interrupt
        b_type(0x63, 4, TRAP_SCRATCH, 0, 4 * (1 + len(exception) + 1)),
        *exception,
    ]
    others = [
        interrupts.store(TRAP_SCRATCH, TRAP_SCRATCH),
        *interrupt,
        interrupts.load(TRAP_SCRATCH, TRAP_SCRATCH),
        MRET,
    ]
    ahead = [LINES if line == 0 else LINES + len(first) - line for line in range(LINES)]
    return [*(j_type(0, 4 * words) for words in ahead), *first, *others]


def generate(seed: int, items: int, table: Table, interrupted: bool = False) -> tuple[Item, ...]:
    """`items` random items of the instructions in `table`; the same seed gives the same stream."""
    maker = Maker(random.Random(seed), table, interrupted)
    result: list[Item] = []
    for index, make in enumerate(maker.choices(items)):
        if index % RESET_EVERY == 0:
            result.append(maker.reset())
        result.append(make())
    return tuple(result)

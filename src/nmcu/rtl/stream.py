"""Random but valid instruction streams: RV32IMC, CORE-V with nested hardware loops, any extension, traps.

A stream is a list of items (items.py). An item is position independent and complete in itself (a branch with what it
skips, a loop with its body), so that any sub-list of a stream is a valid program too: that is what the minimiser needs.
"""

import random

from nmcu.rtl.encode import C_NOP, i_type, load_immediate, lui, to_bytes
from nmcu.rtl.items import DATA, INDEX, POINTERS, TRAP_SCRATCH, Item, Maker
from nmcu.sim.instructions import Table

MEMORY_BYTES = 0x40000
HANDLER, ENTRY = 0x100, 0x200
EXIT_PAGE = 0x1A100
RESET_EVERY = 16  # items between two that put the pointers back


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
    image[HANDLER : HANDLER + 16] = to_bytes(handler)
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


def generate(seed: int, items: int, table: Table) -> tuple[Item, ...]:
    """`items` random items of the instructions in `table`; the same seed gives the same stream."""
    maker = Maker(random.Random(seed), table)
    result: list[Item] = []
    for index, make in enumerate(maker.choices(items)):
        if index % RESET_EVERY == 0:
            result.append(maker.reset())
        result.append(make())
    return tuple(result)

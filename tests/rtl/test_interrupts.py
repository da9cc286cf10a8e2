"""An interrupted program leaves what it leaves undisturbed: its handler restores all that it uses."""

from dataclasses import replace

import numpy as np
import pytest

from isas import named
from nmcu.rtl import flat, fuzz, interrupts, stream
from nmcu.rtl.encode import i_type, load_immediate, s_type
from nmcu.rtl.flat import Stalls
from nmcu.rtl.items import DATA, Item
from nmcu.sim.instructions import Table

ISA = named("gmac+xdec")
TRAP_STATE = (0x300, 0x304, 0x341, 0x342)
"""mstatus, mie, mepc, mcause: what a program sees of an interrupt that has returned."""
XDEC_CSR, PUSH = 0x7C0, 0x8000602B
SAVED_BYTES = 0x100
DUMP = 0x700


def _table() -> Table:
    table = fuzz.table(ISA)
    return replace(table, csrs=tuple(csr for csr in table.csrs if csr.number not in TRAP_STATE))


def _dump() -> Item:
    """Stores all registers, the counter of xDecimate and the accumulators of gmac."""
    code = [
        *load_immediate(2, DATA),
        *(s_type(0x23, 2, 2, register, DUMP + 4 * register) for register in range(32)),
    ]
    for slot, word in enumerate((i_type(0x73, 2, 5, 0, XDEC_CSR), *[PUSH | 5 << 7] * 4), 32):
        code += [word, s_type(0x23, 2, 2, 5, DUMP + 4 * slot)]
    return Item("dump", tuple(code))


@pytest.mark.parametrize("seed", range(6))
def test_a_handler_is_not_noticed(seed: int) -> None:
    table = _table()
    items = (*stream.generate(seed, 400, table, interrupted=True), _dump())
    memory = stream.assemble(items, seed, interrupts.handler(seed, table))
    stalls = {"grant": 30, "response": 30, "fetch": 20} if seed % 2 else {}
    calm, disturbed = (
        flat.run(memory, ISA, entry=stream.ENTRY, stalls=Stalls(interrupt=percent, seed=seed, **stalls))
        for percent in (0, 1)
    )
    assert calm.interrupts == 0
    assert disturbed.interrupts > 20
    assert np.array_equal(calm.memory[SAVED_BYTES:], disturbed.memory[SAVED_BYTES:])


def test_handlers_use_what_they_must_save() -> None:
    """Hardware loops, gathers and xDecimate in handlers of a few seeds."""
    table = fuzz.table(ISA)
    used = {
        row.extension for seed in range(20) for w in interrupts.handler(seed, table) if (row := table.find(w))
    }
    assert used == {"base", "xcv", "xdec", "gmac"}


def test_every_line_has_a_handler() -> None:
    """Words of the vector table are jumps behind it, so that no line runs into random data."""
    image = stream.assemble((), 1)
    words = [
        int.from_bytes(image[at : at + 4], "little") for at in range(stream.HANDLER, stream.HANDLER + 128, 4)
    ]
    targets = {stream.HANDLER + 4 * line + (word >> 21 & 0x3FF) * 2 for line, word in enumerate(words)}
    assert {word & 0xFFF for word in words} == {0x6F}
    assert len(targets) == 2 and min(targets) == stream.HANDLER + 128

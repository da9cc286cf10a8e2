"""The core with extensions runs every other program exactly as the core without them."""

import numpy as np
import pytest

from isas import named
from nmcu.rtl import flat, stream
from nmcu.rtl.encode import CUSTOM_1, i_type, load_immediate, r_type, s_type
from nmcu.rtl.flat import Stalls
from nmcu.rtl.items import DATA, Item
from rtl import tables

XDEC_CSR = 0x7C0


@pytest.mark.parametrize("isa", ["xdec", "gmac", "gmac+xdec"])
def test_same_trace_and_cycles(isa: str) -> None:
    for seed in range(4):
        memory = stream.assemble(stream.generate(seed, 400, tables.xcv()), seed)
        for stalls in (flat.NO_STALLS, Stalls(grant=30, response=30, fetch=20, seed=seed)):
            plain, extended = (
                flat.run(memory, named(name), entry=stream.ENTRY, stalls=stalls, trace=100_000)
                for name in ("xcv", isa)
            )
            assert plain.cycles == extended.cycles
            assert len(plain.trace) > 500
            assert np.array_equal(plain.trace, extended.trace)
            assert np.array_equal(plain.memory, extended.memory)


def test_plain_core_traps_on_the_instruction() -> None:
    """nm.dec and its CSR are illegal without the extension: the handler skips them, t0 keeps its value."""
    items = (
        Item("set", tuple(load_immediate(5, 0x12345678))),
        Item("xdec", (r_type(CUSTOM_1, 5, 0, 5, 8, 9),)),
        Item("csr", (i_type(0x73, 1, 0, 5, XDEC_CSR),)),
        Item("store", (s_type(0x23, 2, 8, 5, 0),)),
    )
    memory = stream.assemble(items, 1)
    plain, extended = (flat.run(memory, named(isa), entry=stream.ENTRY) for isa in ("xcv", "xdec"))
    assert plain.word(DATA) == 0x12345678
    assert extended.word(DATA) != 0x12345678
    assert extended.instructions < plain.instructions

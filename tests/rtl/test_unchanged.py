"""The core with the extension runs every other program exactly as the core without it."""

import numpy as np

from nmcu.isa import named
from nmcu.rtl import flat, stream
from nmcu.rtl.flat import Stalls
from nmcu.rtl.stream import Item


def _without_decimate(items: tuple[Item, ...]) -> tuple[Item, ...]:
    def mentions_xdec(word: int) -> bool:
        decimates = word & 0x7F == stream.CUSTOM_1 and word >> 12 & 7 == 5
        accesses = word & 0x7F == 0x73 and word >> 20 == stream.XDEC_CSR
        return word & 3 == 3 and (decimates or accesses)

    def plain(item: Item) -> Item:  # keeps lengths, and so the targets of branches
        return Item(item.kind, tuple(0x13 if mentions_xdec(w) else w for w in item.code), item.aligned)

    return tuple(plain(item) for item in items)


def test_same_trace_and_cycles() -> None:
    for seed in range(4):
        memory = stream.assemble(_without_decimate(stream.generate(seed, 400)), seed)
        for stalls in (flat.NO_STALLS, Stalls(grant=30, response=30, fetch=20, seed=seed)):
            plain, extended = (
                flat.run(memory, isa, entry=stream.ENTRY, stalls=stalls, trace=100_000)
                for isa in (named("xcv"), named("xdec"))
            )
            assert plain.cycles == extended.cycles
            assert len(plain.trace) > 500
            assert np.array_equal(plain.trace, extended.trace)
            assert np.array_equal(plain.memory, extended.memory)


def test_plain_core_traps_on_the_instruction() -> None:
    """nm.dec and its CSR are illegal without the extension: the handler skips them, t0 keeps its value."""
    items = (
        Item("set", tuple(stream.load_immediate(5, 0x12345678))),
        Item("nm.dec", (stream.r_type(stream.CUSTOM_1, 5, 0, 5, 8, 9),)),
        Item("csr", (stream.i_type(0x73, 1, 0, 5, stream.XDEC_CSR),)),
        Item("store", (stream.s_type(0x23, 2, 8, 5, 0),)),
    )
    memory = stream.assemble(items, 1)
    plain, extended = (flat.run(memory, named(isa), entry=stream.ENTRY) for isa in ("xcv", "xdec"))
    assert plain.word(stream.DATA) == 0x12345678
    assert extended.word(stream.DATA) != 0x12345678
    assert extended.instructions < plain.instructions

"""The core that is built otherwise: without CORE-V (COREV_PULP = 0), and with the register file made of latches."""

import hashlib
from dataclasses import replace

import numpy as np

from isas import named
from nmcu import cores
from nmcu.cores import Core
from nmcu.rtl import core_sources, flat, stream
from nmcu.rtl.flat import Stalls
from nmcu.rtl.items import Item
from nmcu.sim.instructions import Table
from rtl import tables

CORE_V = {"hwloop", "counters", "csr"}
"""Kinds of items that need CORE-V, or read what says whether it is there."""
COMPARED = ["cycle", "pc", "instruction", "alu_register", "alu_value"]
"""Not what loads write: with COREV_PULP = 0 that port also writes what the whole value replaces a cycle later."""


def variant() -> Core:
    """A CV32E40P without CORE-V and with a register file of latches."""
    core = cores.get("cv32e40p")
    assert core.rtl
    folder = core_sources.install_dir(core)
    files = tuple(name.replace("register_file_ff", "register_file_latch") for name in core.rtl.files)
    digest = hashlib.sha256("".join((folder / name).read_text() for name in files).encode()).hexdigest()
    return replace(core, rtl=replace(core.rtl, files=files, sha256=digest, flags=("-GCOREV_PULP=0",)))


def _without_core_v(seed: int, table: Table) -> tuple[Item, ...]:
    """A stream of the base's instructions, and of the extensions' own as words that trap."""
    rows = tuple(row for row in table.instructions if row.extension != "xcv" or row.is_load or row.is_store)
    items = stream.generate(seed, 1500, replace(table, instructions=rows))

    def fits(item: Item) -> bool:
        found = [row for word in item.code if word & 3 == 3 and (row := table.find(word))]
        return item.kind not in CORE_V and all(row.extension == "base" for row in found)

    return tuple(item for item in items if fits(item))


def test_extensions_are_not_there_without_core_v() -> None:
    """Their words trap, and all others take the cycles that they take on the core as it is."""
    core, both = variant(), tables.both()
    of_extensions = [row for row in both.instructions if row.extension in ("xdec", "gmac")]
    illegal = Item("trap", tuple(row.match | 11 << 7 | 8 << 15 for row in of_extensions))
    for seed in range(2):
        items = (*_without_core_v(seed, tables.xcv()), illegal)
        memory = stream.assemble(items, seed)
        for stalls in (flat.NO_STALLS, Stalls(grant=30, response=30, fetch=20, seed=seed)):
            plain = flat.run(memory, named("xcv"), entry=stream.ENTRY, stalls=stalls, trace=100_000)
            other = flat.run(
                memory, named("gmac+xdec"), core=core, entry=stream.ENTRY, stalls=stalls, trace=100_000
            )
            assert other.cycles == plain.cycles
            assert len(plain.trace) > 2000
            assert np.array_equal(other.trace[COMPARED], plain.trace[COMPARED])
            assert np.array_equal(other.memory, plain.memory)

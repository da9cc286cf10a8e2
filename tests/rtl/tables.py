"""Instruction tables for random streams, without building a core for each."""

from isas import named
from nmcu.rtl import fuzz
from nmcu.sim.instructions import Table


def xdec() -> Table:
    """CORE-V and xDecimate."""
    return fuzz.table(named("xdec"))


def both() -> Table:
    """xDecimate and gmac beside CORE-V."""
    return fuzz.table(named("gmac+xdec"))


def xcv() -> Table:
    """The same without xDecimate."""
    rows, csrs = xdec().instructions, xdec().csrs
    return Table(
        tuple(row for row in rows if row.extension != "xdec"),
        tuple(csr for csr in csrs if csr.extension != "xdec"),
    )

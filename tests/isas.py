"""The instruction sets that tests build for, and what ships with nmcu."""

from nmcu import targets
from nmcu.registry import Registry

BUILT_IN = Registry.built_in()
named = BUILT_IN.isa
RV32, XCV, XDEC, GMAC = (named(name) for name in ("rv32", "xcv", "xdec", "gmac"))

CORE_V_TARGETS = tuple(name for name in targets.names() if targets.get(name).core.isa)
"""Targets whose cores have CORE-V; they bring linker scripts and ports of their own, too."""

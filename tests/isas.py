"""The instruction sets that tests build for, and what ships with nmcu."""

from nmcu.registry import Registry

BUILT_IN = Registry.built_in()
named = BUILT_IN.isa
RV32, XCV, XDEC = (named(name) for name in ("rv32", "xcv", "xdec"))

"""The instruction sets that tests build for, and what ships with nmcu."""

from nmcu.registry import Registry

BUILT_IN = Registry.built_in()
RV32, XCV, XDEC = (BUILT_IN.isa(name) for name in ("rv32", "xcv", "xdec"))

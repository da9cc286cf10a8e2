"""The instruction sets that tests build for."""

from nmcu.isa import named

RV32, XCV, XDEC = named("rv32"), named("xcv"), named("xdec")

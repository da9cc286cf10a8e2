"""Instruction sets: a base and extensions, each described by one folder."""

from functools import cache
from pathlib import Path

from nmcu.isa.extension import FILE, Extension, RtlPart, SimulatorPart
from nmcu.isa.instruction_set import BASE, PORTABLE, InstructionSet

__all__ = ["BASE", "FILE", "PORTABLE", "Extension", "InstructionSet", "RtlPart", "SimulatorPart", "built_in"]


@cache
def built_in() -> tuple[Extension, ...]:
    """The extensions of this package: every folder here that describes one."""
    here = Path(__file__).parent
    return tuple(Extension.load(path.parent) for path in sorted(here.glob(f"*/{FILE}")))

"""The cycle-level simulator: a C++ platform (memories, DMA, event unit) around instruction-set cores."""

from nmcu.sim.explain import ProgramFault
from nmcu.sim.instructions import Instruction, disassemble, instructions
from nmcu.sim.native import built_in
from nmcu.sim.result import (
    CoreStats,
    DmaStats,
    MemoryStats,
    Recording,
    RegionStats,
    SimResult,
    Transfer,
    Wait,
)
from nmcu.sim.simulate import simulate
from nmcu.sim.trace import Trace

STALL_CAUSES = built_in().fields["stall_causes"]
"""Why a core did not retire an instruction in a cycle: the keys of `CoreStats.stalls`."""

__all__ = [
    "STALL_CAUSES",
    "CoreStats",
    "DmaStats",
    "Instruction",
    "MemoryStats",
    "ProgramFault",
    "Recording",
    "RegionStats",
    "SimResult",
    "Trace",
    "Transfer",
    "Wait",
    "disassemble",
    "instructions",
    "simulate",
]

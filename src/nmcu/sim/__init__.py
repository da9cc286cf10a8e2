"""The cycle-level simulator: a C++ platform (memories, DMA, event unit) around instruction-set cores."""

from nmcu.sim.explain import ProgramFault
from nmcu.sim.result import (
    STALL_CAUSES,
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

__all__ = [
    "STALL_CAUSES",
    "CoreStats",
    "DmaStats",
    "MemoryStats",
    "ProgramFault",
    "Recording",
    "RegionStats",
    "SimResult",
    "Trace",
    "Transfer",
    "Wait",
    "simulate",
]

"""One Verilated core on a flat memory, with random stalls and interrupts: the bench for directed and random tests."""

import ctypes
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

import numpy as np

from nmcu import cores
from nmcu.cores import Core
from nmcu.isa import InstructionSet
from nmcu.rtl import build
from nmcu.rtl.core_sources import EDITED
from nmcu.rtl.errors import RtlError

# Layout of `Retired` in retire.hpp.
RETIRED = np.dtype(
    [
        ("cycle", "<u8"),
        ("pc", "<u4"),
        ("instruction", "<u4"),
        ("alu_value", "<u4"),
        ("lsu_value", "<u4"),
        ("alu_register", "u1"),
        ("lsu_register", "u1"),
        ("trapped", "u1"),
        ("padding", "u1"),
        ("unused", "<u4"),
    ]
)


class _Options(ctypes.Structure):
    _fields_: ClassVar[list[tuple[str, Any]]] = [
        ("entry", ctypes.c_uint32),
        ("seed", ctypes.c_uint32),
        ("grant_stall_percent", ctypes.c_uint32),
        ("response_stall_percent", ctypes.c_uint32),
        ("fetch_stall_percent", ctypes.c_uint32),
        ("interrupt_percent", ctypes.c_uint32),
        ("debug_percent", ctypes.c_uint32),
        ("max_cycles", ctypes.c_uint64),
    ]


class _Result(ctypes.Structure):
    _fields_: ClassVar[list[tuple[str, Any]]] = [
        ("cycles", ctypes.c_uint64),
        ("instructions", ctypes.c_uint64),
        ("exit_code", ctypes.c_uint32),
        ("status", ctypes.c_uint32),
        ("fault_address", ctypes.c_uint32),
        ("interrupts", ctypes.c_uint32),
    ]


@dataclass(frozen=True)
class Stalls:
    """Chance in percent, in each cycle, that something does not happen; `interrupt`: that line 16 is raised, `debug`:
    that a debugger halts the core, which then runs the program at `HALT`."""

    grant: int = 0
    response: int = 0
    fetch: int = 0
    interrupt: int = 0
    debug: int = 0
    seed: int = 1


NO_STALLS = Stalls()
HALT = 0x800
"""Where a halted core goes on, as its wrapper has it."""


@dataclass(frozen=True)
class FlatRun:
    """Outcome: exit code, cycles to the exit store, memory afterwards, retired instructions in program order."""

    exit_code: int
    cycles: int
    instructions: int
    interrupts: int
    memory: np.ndarray[tuple[int], np.dtype[np.uint8]]
    trace: np.ndarray[tuple[int], np.dtype[np.void]] = field(default_factory=lambda: np.zeros(0, RETIRED))

    def word(self, address: int) -> int:
        """The 32-bit little-endian word at `address`."""
        return int.from_bytes(self.memory[address : address + 4].tobytes(), "little")


@cache
def _library(isa: InstructionSet, core: Core) -> ctypes.CDLL:
    return build.library("nmcu_flat", [build.CPP_DIR / "flat.cpp"], isa=isa, core=core)


def run(
    memory: bytes,
    isa: InstructionSet,
    *,
    core: Core | None = None,
    entry: int = 0,
    stalls: Stalls = NO_STALLS,
    max_cycles: int = 1_000_000,
    trace: int = 0,
) -> FlatRun:
    """Run the program in `memory` (starts at address 0) from `entry` until it stores to the exit register.

    `isa`: what the core accepts, `core`: another one than a CV32E40P as it is installed, `trace`: retired instructions
    to record at most. Raises `RtlError` on an access outside the memory, at the cycle limit, and where the trace does
    not fit.
    """
    image = np.frombuffer(bytearray(memory), np.uint8)
    records = np.zeros(trace, RETIRED)
    chances = (stalls.grant, stalls.response, stalls.fetch, stalls.interrupt, stalls.debug)
    options = _Options(entry, stalls.seed, *chances, max_cycles)
    result = _Result()
    _library(isa, core or cores.get(EDITED)).nmcu_flat_run(
        image.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_uint32(len(image)),
        ctypes.byref(options),
        ctypes.byref(result),
        records.ctypes.data_as(ctypes.c_void_p) if trace else None,
        ctypes.c_uint64(trace),
    )
    if result.status == 1:
        raise RtlError(f"the program did not exit within {max_cycles} cycles on the RTL")
    if result.status == 2:
        raise RtlError(
            f"the RTL core accessed {result.fault_address:#010x} in cycle {result.cycles}, outside its memory "
            f"of {len(image)} bytes"
        )
    if result.status == 3:
        raise RtlError(f"more than {trace} instructions retired; the trace does not hold them")
    traced = np.count_nonzero(records["instruction"]) if trace else 0
    return FlatRun(
        result.exit_code, result.cycles, result.instructions, result.interrupts, image, records[:traced]
    )

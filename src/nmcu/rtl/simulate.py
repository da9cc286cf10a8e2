"""Runs an ELF file on the platform around Verilated cores: the exact counterpart of `nmcu.sim.simulate`."""

import ctypes
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import nmcu.sim
from nmcu.errors import SimulationFault
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.rtl import build
from nmcu.rtl.errors import RtlError
from nmcu.sim import CoreStats, DmaStats, MemoryStats, RegionStats, SimResult
from nmcu.sim.explain import explain
from nmcu.sim.machine import config_of
from nmcu.targets import Target

SIM_DIR = Path(nmcu.sim.__file__).parent
# What machine.cpp takes from the simulator: the platform and the names of instructions.
PLATFORM = [
    SIM_DIR / "platform",
    SIM_DIR / "iss" / "insns",
    *(SIM_DIR / "iss" / f for f in ("format.hpp", "decode.hpp", "compressed.hpp")),
]
NO_LIMIT = 2**63
CYCLES_PER_SLICE = 50_000  # between two looks at signals and the progress callback: a fraction of a second


def simulate(
    elf: bytes,
    target: Target,
    *,
    isa: str | InstructionSet = "xcv",
    writes: Mapping[int, bytes] | None = None,
    reads: Sequence[tuple[int, int]] = (),
    max_cycles: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> SimResult:
    """Runs `elf` on `target` with the real core's RTL until it exits.

    Arguments and result are those of `nmcu.sim.simulate`. The RTL is always built with the CORE-V extensions, so
    `rv32` accepts them too; any other extension only where `isa` has it. Raises `SimulationFault` where the ELF file
    is not a program for this target, `ProgramFault` where the run ends by anything but the program's own exit,
    `RtlError` where the RTL cannot be built.
    """
    library = _library(Registry.installed().isa(isa))
    limit = NO_LIMIT if max_cycles is None else max_cycles
    with _machine(library, _config_text(target), elf, target.name) as machine:
        for address, data in (writes or {}).items():
            if data and not library.nmcu_machine_write(machine, address, data, len(data)):
                raise SimulationFault(_no_memory(target, address, len(data)))
        for address, size in reads:  # before the run: a wrong address is the caller's mistake
            _read(library, machine, target, address, size)
        while not library.nmcu_machine_run(machine, CYCLES_PER_SLICE, limit):
            if progress is not None:
                progress(library.nmcu_machine_now(machine))
        report = json.loads(library.nmcu_machine_report(machine))
        if "fault" in report:
            raise explain(report["fault"], elf, target, bytes(report["stdout"]))
        memory = tuple(_read(library, machine, target, *where) for where in reads)
    return _result(report, memory)


@cache
def _library(isa: InstructionSet) -> ctypes.CDLL:
    library = build.library(
        "nmcu_machine", [build.CPP_DIR / "machine.cpp"], isa=isa, include=[SIM_DIR], headers=PLATFORM
    )
    handle, text, word, long = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint64
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "problem": (text, []),
        "open": (handle, [text, text, long]),
        "close": (None, [handle]),
        "write": (ctypes.c_int, [handle, word, text, word]),
        "read": (ctypes.c_int, [handle, word, text, word]),
        "run": (ctypes.c_int, [handle, long, long]),
        "now": (long, [handle]),
        "report": (text, [handle]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"nmcu_machine_{name}")
        function.restype, function.argtypes = result, arguments
    return library


@contextmanager
def _machine(library: ctypes.CDLL, config: str, elf: bytes, name: str) -> Any:
    machine = library.nmcu_machine_open(config.encode(), elf, len(elf))
    if not machine:
        problem = library.nmcu_machine_problem().decode(errors="replace")
        raise SimulationFault(f"cannot run this program on {name}: {problem}")
    try:
        yield machine
    finally:
        library.nmcu_machine_close(machine)


def _config_text(target: Target) -> str:
    """The target's configuration, a line for each part (machine.cpp, `parse`)."""
    config = config_of(target)
    lines: list[tuple[Any, ...]] = [("machine", config["cores"], config["host_io_base"])]
    memory = ("name", "base", "size", "banks", "latency_cycles", "core_access")
    lines += [("memory", *(m[key] for key in memory)) for m in config["memories"]]
    dma = (
        "name",
        "base",
        "near",
        "far",
        "bytes_per_10_cycles",
        "latency_cycles",
        "queue_per_core",
        "queue_total",
    )
    lines += [("dma", *(d[key] for key in dma)) for d in config["dmas"]]
    if "event_unit_base" in config:
        lines.append(("events", config["event_unit_base"], config["wake_cycles"]))
    return "\n".join(" ".join(str(int(v)) if isinstance(v, bool) else str(v) for v in line) for line in lines)


def _no_memory(target: Target, address: int, size: int) -> str:
    return f"cannot run this program on {target.name}: no memory holds {size} bytes at {address:#010x}"


def _read(library: ctypes.CDLL, machine: int, target: Target, address: int, size: int) -> bytes:
    buffer = ctypes.create_string_buffer(size)
    if not library.nmcu_machine_read(machine, address, buffer, size):
        raise SimulationFault(_no_memory(target, address, size))
    return buffer.raw


def _result(report: Mapping[str, Any], memory: tuple[bytes, ...]) -> SimResult:
    cores = tuple(CoreStats(core=i, **core) for i, core in enumerate(report["cores"]))
    if any(core.instructions + sum(core.stalls.values()) != core.cycles for core in cores):
        raise RtlError("the RTL cores' statistics do not add up; please report this")
    return SimResult(
        exit_code=report["exit_code"],
        stdout=bytes(report["stdout"]),
        cycles=report["cycles"],
        instructions=sum(core.instructions for core in cores),
        cores=cores,
        regions=tuple(
            RegionStats(**{**region, "visits": tuple(tuple(visit) for visit in region["visits"])})
            for region in report["regions"]
        ),
        dmas=tuple(DmaStats(**dma) for dma in report["dmas"]),
        memories=tuple(
            MemoryStats(m["name"], tuple(m["accesses"]), tuple(m["conflicts"])) for m in report["memories"]
        ),
        memory=memory,
    )

"""Runs an ELF file on the platform around Verilated cores: the exact counterpart of `nmcu.sim.simulate`."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from nmcu.cores import Core
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.rtl import build
from nmcu.rtl.core_sources import accepted, rtl_of
from nmcu.rtl.errors import RtlError
from nmcu.sim import SimResult
from nmcu.sim.build import headers
from nmcu.sim.native import Library
from nmcu.sim.simulate import run_on
from nmcu.targets import Target

CYCLES_PER_SLICE = 50_000  # between two looks at signals and the progress callback: a fraction of a second


def simulate(
    elf: bytes,
    target: Target,
    *,
    isa: str | InstructionSet | None = None,
    writes: Mapping[int, bytes] | None = None,
    reads: Sequence[tuple[int, int]] = (),
    max_cycles: int | None = None,
    progress: Callable[[int], object] | None = None,
    recorded_events: int = 0,
    later: Sequence[Mapping[int, bytes]] = (),
) -> SimResult:
    """Runs `elf` on `target` with the real core's RTL until it exits.

    Arguments and result are those of `nmcu.sim.simulate`. The RTL is always built with the CORE-V extensions, so
    `rv32` accepts them too; any other extension only where `isa` has it. Raises `SimulationFault` where the ELF file
    is not a program for this target, `ProgramFault` where the run ends by anything but the program's own exit,
    `RtlError` where the RTL cannot be built.
    """
    wanted = Registry.installed().isa_for(target, isa)
    core = accepted(wanted) if target.core.isa else wanted
    _check_entry(elf, target.core)
    result = run_on(
        _library(core, target.core),
        elf,
        target,
        extensions=[extension.name for extension in core.extensions],
        writes=writes,
        reads=reads,
        max_cycles=max_cycles,
        progress=progress,
        cycles_per_slice=CYCLES_PER_SLICE,
        recorded_events=recorded_events,
        later=later,
    )
    if any(core.instructions + sum(core.stalls.values()) != core.cycles for core in result.cores):
        raise RtlError("the RTL cores' statistics do not add up; please report this")
    return result


def _check_entry(elf: bytes, core: Core) -> None:
    """Raises `RtlError` where the core cannot start at the program's entry point."""
    rtl, entry = rtl_of(core), int.from_bytes(elf[24:28], "little")
    if entry % rtl.reset_alignment != rtl.reset_offset % rtl.reset_alignment:
        raise RtlError(
            f"the program starts at {entry:#x}; the core {core.name!r} starts {rtl.reset_offset} bytes behind a "
            f"multiple of {rtl.reset_alignment}: link it so"
        )


@cache
def _library(isa: InstructionSet, core: Core) -> Library:
    include, files = headers(isa.extensions)
    source = build.CPP_DIR / "machine.cpp"
    return Library(
        build.library("nmcu_machine", [source], isa=isa, core=core, include=include, headers=files)
    )

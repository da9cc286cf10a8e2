"""Runs an ELF file on the platform around Verilated cores: the exact counterpart of `nmcu.sim.simulate`."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.rtl import build
from nmcu.rtl.core_sources import accepted
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
    isa: str | InstructionSet = "xcv",
    writes: Mapping[int, bytes] | None = None,
    reads: Sequence[tuple[int, int]] = (),
    max_cycles: int | None = None,
    progress: Callable[[int], object] | None = None,
    recorded_events: int = 0,
) -> SimResult:
    """Runs `elf` on `target` with the real core's RTL until it exits.

    Arguments and result are those of `nmcu.sim.simulate`. The RTL is always built with the CORE-V extensions, so
    `rv32` accepts them too; any other extension only where `isa` has it. Raises `SimulationFault` where the ELF file
    is not a program for this target, `ProgramFault` where the run ends by anything but the program's own exit,
    `RtlError` where the RTL cannot be built.
    """
    core = accepted(Registry.installed().isa(isa))
    result = run_on(
        _library(core),
        elf,
        target,
        extensions=[extension.name for extension in core.extensions],
        writes=writes,
        reads=reads,
        max_cycles=max_cycles,
        progress=progress,
        cycles_per_slice=CYCLES_PER_SLICE,
        recorded_events=recorded_events,
    )
    if any(core.instructions + sum(core.stalls.values()) != core.cycles for core in result.cores):
        raise RtlError("the RTL cores' statistics do not add up; please report this")
    return result


@cache
def _library(isa: InstructionSet) -> Library:
    include, files = headers(isa.extensions)
    source = build.CPP_DIR / "machine.cpp"
    return Library(build.library("nmcu_machine", [source], isa=isa, include=include, headers=files))

"""Runs an ELF file on a simulated target."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nmcu.errors import SimulationFault
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.sim import _core
from nmcu.sim.explain import explain
from nmcu.sim.machine import config_of, group_of
from nmcu.sim.result import CoreStats, DmaStats, MemoryStats, RegionStats, SimResult
from nmcu.sim.trace import Trace, trace_options
from nmcu.targets import Target

NO_LIMIT = 2**63


def simulate(
    elf: bytes,
    target: Target,
    *,
    isa: str | InstructionSet = "xcv",
    writes: Mapping[int, bytes] | None = None,
    reads: Sequence[tuple[int, int]] = (),
    max_cycles: int | None = None,
    progress: Callable[[int], object] | None = None,
    trace: Trace | None = None,
) -> SimResult:
    """Runs `elf` on `target` until it exits.

    `isa` is what the cores accept: `rv32`, `xcv`, `xdec`. `writes` puts bytes at addresses before the start, in
    any memory; `reads` fetches (address, size in bytes) after the exit. `progress` is called now and then with the
    cluster's cycle. Raises `SimulationFault` where the ELF file is not a program for this target or an address is in
    no memory, `ProgramFault` where the run ends by anything but the program's own exit.
    """
    try:
        raw = _core.simulate(
            elf,
            config_of(target),
            group_of(Registry.installed().isa(isa)),
            list((writes or {}).items()),
            list(reads),
            NO_LIMIT if max_cycles is None else max_cycles,
            progress,
            None if trace is None else trace_options(trace, elf, target),
        )
    except ValueError as error:
        raise SimulationFault(f"cannot run this program on {target.name}: {error}") from None
    if "fault" in raw:
        raise explain(raw["fault"], elf, target, raw["stdout"])
    return _result(raw)


def _result(raw: Mapping[str, Any]) -> SimResult:
    cores = tuple(CoreStats(core=i, **core) for i, core in enumerate(raw["cores"]))
    return SimResult(
        exit_code=raw["exit_code"],
        stdout=raw["stdout"],
        cycles=raw["cycles"],
        instructions=sum(core.instructions for core in cores),
        cores=cores,
        regions=tuple(
            RegionStats(**(region | {"visits": tuple(region["visits"])})) for region in raw["regions"]
        ),
        dmas=tuple(DmaStats(**dma) for dma in raw["dmas"]),
        memories=tuple(
            MemoryStats(m["name"], tuple(m["accesses"]), tuple(m["conflicts"])) for m in raw["memories"]
        ),
        memory=tuple(raw["memory"]),
    )

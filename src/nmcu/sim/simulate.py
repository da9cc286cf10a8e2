"""Runs an ELF file on a simulated target."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nmcu.errors import NmcuError, SimulationFault
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.sim.build import library_for
from nmcu.sim.explain import explain
from nmcu.sim.machine import setup_text
from nmcu.sim.native import Library, Machine
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
from nmcu.sim.trace import Trace, trace_options
from nmcu.targets import Target

NO_LIMIT = 2**63
CYCLES_PER_SLICE = 1_000_000  # between two looks at signals and the progress callback


def simulate(
    elf: bytes | str | Path,
    target: str | Target,
    *,
    isa: str | InstructionSet | None = None,
    writes: Mapping[int, bytes] | None = None,
    reads: Sequence[tuple[int, int]] = (),
    max_cycles: int | None = None,
    progress: Callable[[int], object] | None = None,
    trace: Trace | None = None,
    recorded_events: int = 0,
    later: Sequence[Mapping[int, bytes]] = (),
) -> SimResult:
    """Runs `elf`, a program or the path of its file, on `target` (a name, a folder or a `Target`) until it exits.

    `isa` is what the cores accept (where it is not given what the target names): `rv32`, `xcv`, `xdec`, `gmac`, or a
    set with extensions from elsewhere, whose simulator is built once with this machine's compiler. `writes` puts
    bytes at addresses before the start, in any memory; `reads` fetches (address, size in bytes) after the exit. A
    program that asks whether there is more work (`nmcu_next_run`) is given the writes of `later`, one after the
    other, and `reads` are fetched before each as well. `progress` is called now and then with the cluster's cycle. Of
    the transfers and waits, `recorded_events` at most are kept in the result's `recording`. Raises `NmcuError` for an
    instruction set that is not known or cannot be built, `SimulationFault` where the ELF file is not a program for
    this target or an address is in no memory, `ProgramFault` where the run ends by anything but the program's own
    exit.
    """
    registry = Registry.installed()
    machine = registry.target(target)
    accepted = registry.isa_for(machine, isa)
    return run_on(
        library_for(accepted),
        elf if isinstance(elf, bytes) else _read_file(Path(elf)),
        machine,
        extensions=[extension.name for extension in accepted.extensions],
        writes=writes,
        reads=reads,
        max_cycles=max_cycles,
        progress=progress,
        trace=trace,
        recorded_events=recorded_events,
        later=later,
    )


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NmcuError(f"{path} cannot be read: {error.strerror or error}") from error


def run_on(
    library: Library,
    elf: bytes,
    target: Target,
    *,
    extensions: Iterable[str],
    writes: Mapping[int, bytes] | None = None,
    reads: Sequence[tuple[int, int]] = (),
    max_cycles: int | None = None,
    progress: Callable[[int], object] | None = None,
    trace: Trace | None = None,
    cycles_per_slice: int = CYCLES_PER_SLICE,
    recorded_events: int = 0,
    later: Sequence[Mapping[int, bytes]] = (),
) -> SimResult:
    """`simulate` with the machine of a library, whatever its cores are."""
    options = None if trace is None else trace_options(trace, elf, target)
    limit = NO_LIMIT if max_cycles is None else max_cycles
    setup = setup_text(target, extensions, library.fields, recorded_events=recorded_events)
    with ExitStack() as stack:
        try:
            machine = stack.enter_context(library.open(setup, elf))
        except SimulationFault as error:
            raise SimulationFault(f"cannot run this program on {target.name}: {error}") from None

        def fetched() -> tuple[bytes, ...]:
            return tuple(_read(machine, target, *where) for where in reads)

        def next_run() -> bool:
            if len(earlier) == len(later):
                return False
            earlier.append(fetched())
            _write(machine, target, later[len(earlier) - 1])
            return True

        _write(machine, target, writes or {})
        fetched()  # before the run: a wrong address is the caller's mistake
        earlier: list[tuple[bytes, ...]] = []
        machine.serve(next_run)
        with ExitStack() as tracing:
            if trace is not None and options is not None:
                tracing.enter_context(machine.traced(trace.path, options))
            start = time.perf_counter()
            while not machine.run(cycles_per_slice, limit):
                if progress is not None:
                    progress(machine.now)
            seconds = time.perf_counter() - start
        report = machine.report()
        if "fault" in report:
            raise explain(report["fault"], elf, target, machine.output, library)
        return _result(report, machine.output, fetched(), tuple(earlier), seconds)


def _no_memory(target: Target, address: int, size: int) -> str:
    return f"cannot run this program on {target.name}: no memory holds {size} bytes at {address:#010x}"


def _write(machine: Machine, target: Target, writes: Mapping[int, bytes]) -> None:
    for address, data in writes.items():
        if data and not machine.write(address, data):
            raise SimulationFault(_no_memory(target, address, len(data)))


def _read(machine: Machine, target: Target, address: int, size: int) -> bytes:
    data = machine.read(address, size)
    if data is None:
        raise SimulationFault(_no_memory(target, address, size))
    return data


def _result(
    report: Mapping[str, Any],
    stdout: bytes,
    memory: tuple[bytes, ...],
    earlier: tuple[tuple[bytes, ...], ...],
    seconds: float,
) -> SimResult:
    cores = tuple(CoreStats(**core) for core in report["cores"])
    return SimResult(
        exit_code=report["exit_code"],
        stdout=stdout,
        cycles=report["cycles"],
        instructions=sum(core.instructions for core in cores),
        cores=cores,
        regions=tuple(RegionStats(**_tuples(region, "visits", "parts")) for region in report["regions"]),
        dmas=tuple(DmaStats(**dma) for dma in report["dmas"]),
        memories=tuple(MemoryStats(**_tuples(m, "accesses", "conflicts")) for m in report["memories"]),
        memory=memory,
        earlier=earlier,
        recording=Recording(
            tuple(Transfer(**transfer) for transfer in report["transfers"]),
            tuple(Wait(**wait) for wait in report["waits"]),
            report["lost"],
        ),
        seconds=seconds,
    )


def _tuples(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The record with these lists as tuples, and the lists in them."""

    def frozen(items: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(tuple(item) if isinstance(item, list) else item for item in items)

    return {**record, **{name: frozen(record[name]) for name in names}}

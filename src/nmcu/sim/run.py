"""Runs a linked program on its tensors, on one kind of core or another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from nmcu.errors import NmcuError, SimulationFault
from nmcu.isa import InstructionSet
from nmcu.sim.result import RegionStats, SimResult
from nmcu.sim.simulate import simulate
from nmcu.targets import Target
from nmcu.toolchain import Image

MAX_CYCLES = 20_000_000_000


class Simulator(Protocol):
    """Runs an ELF file; see `nmcu.sim.simulate`, which is one."""

    def __call__(
        self,
        elf: bytes,
        target: Target,
        *,
        isa: str | InstructionSet = "xcv",
        writes: Mapping[int, bytes] | None = None,
        reads: Sequence[tuple[int, int]] = (),
        max_cycles: int | None = None,
        progress: Callable[[int], object] | None = None,
        recorded_events: int = 0,
    ) -> SimResult: ...


@dataclass(frozen=True, eq=False)
class RunResult:
    """Outputs (by tensor name) of a run, and its statistics."""

    outputs: Mapping[str, NDArray[Any]]
    stats: SimResult

    def region(self, number: int) -> tuple[RegionStats, ...]:
        """Every core's statistics for the region with this marker id, by core; empty if it was never entered."""
        return tuple(sorted((r for r in self.stats.regions if r.region == number), key=lambda r: r.core))

    def cycles(self, number: int) -> int:
        """Cycles of the region with this marker id on core 0, where the regions of a program follow each other without
        a gap and so add up to the whole; 0 if it was never entered."""
        return next((core.cycles for core in self.region(number)), 0)


_CORES: dict[str, Simulator] = {"iss": simulate}


def register_core(name: str, simulator: Simulator) -> None:
    """Makes another kind of core known: rooms below bring theirs, and the public API fills them in."""
    _CORES[name] = simulator


def cores() -> tuple[str, ...]:
    """Names of the known kinds of core."""
    return tuple(_CORES)


def simulator(core: str) -> Simulator:
    """The simulator of a kind of core; raises `NmcuError` naming the known ones."""
    if core not in _CORES:
        raise NmcuError(f"unknown kind of core {core!r}; known: {', '.join(_CORES)}")
    return _CORES[core]


def run(
    image: Image,
    inputs: Mapping[str, NDArray[Any]],
    *,
    core: str = "iss",
    max_cycles: int = MAX_CYCLES,
    progress: Callable[[int], object] | None = None,
    recorded_events: int = 0,
) -> RunResult:
    """Writes `inputs` (by tensor name) into the program's memory, runs it and reads its outputs.

    Raises `NmcuError` for an unknown kind of core or tensors that do not fit the program, `SimulationFault` where
    the run ends by anything but exit code 0.
    """
    execute = simulator(core)
    writes = {image.symbols[p.symbol]: p.fits(inputs.get(p.name)).tobytes() for p in image.inputs}
    reads = [(image.symbols[port.symbol], port.bytes) for port in image.outputs]
    stats = execute(
        image.elf,
        image.target,
        isa=image.isa,
        writes=writes,
        reads=reads,
        max_cycles=max_cycles,
        progress=progress,
        recorded_events=recorded_events,
    )
    if stats.exit_code != 0:
        raise SimulationFault(f"the program ended with exit code {stats.exit_code}, 0 was expected")
    outputs = {port.name: port.array(data) for port, data in zip(image.outputs, stats.memory, strict=True)}
    return RunResult(outputs=outputs, stats=stats)

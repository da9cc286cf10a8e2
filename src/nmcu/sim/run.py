"""Runs a linked program on its tensors, on one kind of core or another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError, SimulationFault, counted
from nmcu.isa import InstructionSet
from nmcu.sim.result import Recording, RegionStats, SimResult
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
        isa: str | InstructionSet | None = None,
        writes: Mapping[int, bytes] | None = None,
        reads: Sequence[tuple[int, int]] = (),
        max_cycles: int | None = None,
        progress: Callable[[int], object] | None = None,
        recorded_events: int = 0,
        later: Sequence[Mapping[int, bytes]] = (),
    ) -> SimResult: ...


@dataclass(frozen=True, eq=False)
class RunResult:
    """Outputs (by tensor name) of each run of the network, one after the other, and the statistics of all."""

    steps: tuple[Mapping[str, NDArray[Any]], ...]
    stats: SimResult

    @property
    def outputs(self) -> Mapping[str, NDArray[Any]]:
        """Those of the last run."""
        return self.steps[-1]

    @property
    def recording(self) -> Recording:
        """What was recorded of the first run."""
        kept, regions = self.stats.recording, self.stats.regions
        if len(self.steps) == 1:
            return kept
        end = max((region.visits[0][1] for region in regions if region.region and region.visits), default=0)
        return Recording(
            tuple(t for t in kept.transfers if t.end <= end), tuple(w for w in kept.waits if w.end <= end)
        )

    def region(self, number: int) -> tuple[RegionStats, ...]:
        """Every core's statistics for the region with this marker id, by core; empty if it was never entered."""
        return tuple(sorted((r for r in self.stats.regions if r.region == number), key=lambda r: r.core))

    def cycles(self, number: int) -> int:
        """Cycles of the region with this marker id on core 0, where the regions of a program follow each other without
        a gap and so add up to the whole, in the mean run; 0 if it was never entered."""
        return next((core.cycles for core in self.region(number)), 0) // len(self.steps)

    def part_cycles(self, number: int) -> Mapping[int, int]:
        """Cycles of the parts of a region on core 0 by number, in the mean run: the program's marks, each up to the
        next. What comes before the first is no part's."""
        found: dict[int, int] = {}
        for core in self.region(number)[:1]:
            for part, first, end in core.parts:
                found[part] = found.get(part, 0) + end - first
        return {part: cycles // len(self.steps) for part, cycles in found.items()}

    def mismatches(self, expected: Iterable[Mapping[str, NDArray[Any]]]) -> int:
        """Elements that differ in a bit from what is right: every step's outputs by name."""
        return sum(
            _differing(found[name], array)
            for found, right in zip(self.steps, expected, strict=True)
            for name, array in right.items()
        )


def _differing(ours: NDArray[Any], reference: NDArray[Any]) -> int:
    each = ours.dtype.itemsize
    bits = (np.ascontiguousarray(array).view(f"u{each}") for array in (ours, reference))
    return int(np.count_nonzero(np.not_equal(*bits)))


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
    later: Sequence[Mapping[str, NDArray[Any]]] = (),
) -> RunResult:
    """Writes `inputs` (by tensor name) into the program's memory, runs it and reads its outputs; then the same for
    `later` ones, without a reset between.

    Raises `NmcuError` for an unknown kind of core or tensors that do not fit the program, `SimulationFault` where
    the run ends by anything but exit code 0.
    """
    execute = simulator(core)

    def writes(feeds: Mapping[str, NDArray[Any]]) -> dict[int, bytes]:
        return {image.symbols[p.symbol]: p.fits(feeds.get(p.name)).tobytes() for p in image.inputs}

    reads = [(image.symbols[port.symbol], port.bytes) for port in image.outputs]
    stats = execute(
        image.elf,
        image.target,
        isa=image.isa,
        writes=writes(inputs),
        reads=reads,
        max_cycles=max_cycles,
        progress=progress,
        recorded_events=recorded_events,
        later=[writes(feeds) for feeds in later],
    )
    if stats.exit_code != 0:
        raise SimulationFault(f"the program ended with exit code {stats.exit_code}, 0 was expected")
    found = (*stats.earlier, stats.memory)
    if len(found) != 1 + len(later):
        raise SimulationFault(
            f"the program ran the network {counted(len(found), 'time')}, {1 + len(later)} were wanted: its main "
            "does not ask for more (nmcu_next_run)"
        )
    steps = tuple(
        {p.name: p.array(data) for p, data in zip(image.outputs, each, strict=True)} for each in found
    )
    return RunResult(steps, stats)

"""What a simulated run leaves behind."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nmcu.result import Result

# The fields of the statistics are those that the simulator reports (api/report.def), by name; a test compares them.


@dataclass(frozen=True)
class CoreStats:
    """One core over the whole run. `instructions` plus all `stalls` is `cycles`.

    `cycles` is the run's, except for a core that was computing when another core ended the run: it is counted up
    to its next memory access or jump. `histogram` counts instructions by mnemonic; `stack_bytes` is the deepest
    stack, None where the program's linker script does not say where the stacks are.
    """

    core: int
    cycles: int
    instructions: int
    stalls: Mapping[str, int]
    histogram: Mapping[str, int]
    stack_bytes: int | None


@dataclass(frozen=True)
class RegionStats:
    """One core in one region (all visits together); a visit is (first cycle, cycle after the last), a part of one is
    (number, first cycle, cycle after the last)."""

    region: int
    core: int
    cycles: int
    instructions: int
    stalls: Mapping[str, int]
    histogram: Mapping[str, int]
    visits: tuple[tuple[int, int], ...]
    parts: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class DmaStats:
    """One DMA engine: cycles from first to last byte of its transfers, bytes moved, transfers completed."""

    name: str
    busy_cycles: int
    bytes: int
    transfers: int


@dataclass(frozen=True)
class MemoryStats:
    """One memory: accesses and lost arbitrations per bank (a memory without banks is one bank)."""

    name: str
    accesses: tuple[int, ...]
    conflicts: tuple[int, ...]


@dataclass(frozen=True)
class Transfer:
    """One DMA transfer: a core asked for it in cycle `issued`, it moved its `bytes` from `first` to before `end`."""

    engine: str
    core: int
    issued: int
    first: int
    end: int
    bytes: int
    source: int
    destination: int


@dataclass(frozen=True)
class Wait:
    """A core that waited from cycle `first` to before `end`; `cause` is one of the stall causes."""

    core: int
    cause: str
    first: int
    end: int


@dataclass(frozen=True)
class Recording:
    """What happened in a run as far as it was recorded: `lost` transfers and waits came after the record was full."""

    transfers: tuple[Transfer, ...] = ()
    waits: tuple[Wait, ...] = ()
    lost: int = 0


@dataclass(frozen=True, repr=False)
class SimResult(Result):
    """A finished run: `cycles` counts the cluster's time up to the exit; `memory` answers `reads` in order, `earlier`
    each time that the program got more work (`later`).

    `seconds` is what simulating took here, without what had to be built for it.
    """

    exit_code: int
    stdout: bytes
    cycles: int
    instructions: int
    cores: tuple[CoreStats, ...]
    regions: tuple[RegionStats, ...]
    dmas: tuple[DmaStats, ...]
    memories: tuple[MemoryStats, ...]
    memory: tuple[bytes, ...]
    earlier: tuple[tuple[bytes, ...], ...] = ()
    recording: Recording = field(default_factory=Recording)
    seconds: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        return f"{self.cycles:,} cycles, {self.instructions:,} instructions, exit code {self.exit_code}"

    def to_json(self) -> dict[str, Any]:
        """Everything but memory, recording and time; `stdout` as Latin-1, which keeps every byte."""
        values = asdict(self)
        del values["memory"], values["earlier"], values["recording"], values["seconds"]
        return {**values, "stdout": self.stdout.decode("latin-1"), "histogram": self.histogram}

    def rows(self) -> list[dict[str, Any]]:
        """The cores."""
        return [asdict(core) for core in self.cores]

    @property
    def histogram(self) -> dict[str, int]:
        """Instructions of all cores by mnemonic, most frequent first."""
        total: dict[str, int] = {}
        for core in self.cores:
            for name, count in core.histogram.items():
                total[name] = total.get(name, 0) + count
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

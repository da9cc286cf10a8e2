"""The description of a target, read from `target.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nmcu.errors import NmcuError

TARGETS_DIR = Path(__file__).parent
FLAT_PROGRAM_BYTES = 256 << 10
"""On a chip with one flat memory: what is left of it for code and variables when buffers are placed."""


@dataclass(frozen=True)
class Memory:
    """One memory: `base` address and `size` in bytes; `banks` > 0 for word-interleaved, arbitrated banks."""

    base: int
    size: int
    banks: int = 0
    latency_cycles: int = 1
    core_access: bool = True

    @property
    def end(self) -> int:
        return self.base + self.size


@dataclass(frozen=True)
class Dma:
    """One DMA engine: register base, speed, start-up latency, queue depths."""

    base: int
    bytes_per_cycle: float
    latency_cycles: int
    queue_per_core: int
    queue_total: int


@dataclass(frozen=True)
class EventUnit:
    """Barriers and software events: register base, cycles from an event to the waiting core's grant."""

    base: int
    wake_cycles: int


@dataclass(frozen=True)
class Target:
    """A chip: cores, memories by name (`l1`, `l2`, `l3` or `ram`), engines; all sizes in bytes."""

    name: str
    description: str
    cores: int
    clock_hz: int
    stack_bytes: int
    assumptions: tuple[str, ...]
    memory: Mapping[str, Memory]
    host_io_base: int
    dma: Mapping[str, Dma] = field(default_factory=lambda: MappingProxyType({}))
    event_unit: EventUnit | None = None

    @property
    def l1_bytes(self) -> int:
        """L1 that buffers may take: all but the stacks; on a chip with one flat memory a part of that."""
        stacks = self.cores * self.stack_bytes
        if "l1" in self.memory:
            return self.memory["l1"].size - stacks
        return self.memory["ram"].size - stacks - FLAT_PROGRAM_BYTES

    @property
    def l2_bytes(self) -> int:
        """Memory for activations and weights (and code, where it is L2)."""
        return self.memory["l2" if "l2" in self.memory else "ext"].size

    @property
    def folder(self) -> Path:
        """Folder with the linker script (`link.ld`), start-up code and HAL port."""
        return TARGETS_DIR / self.name


def names() -> tuple[str, ...]:
    """Names of all targets, sorted."""
    return tuple(sorted(p.parent.name for p in TARGETS_DIR.glob("*/target.toml")))


@cache
def get(name: str) -> Target:
    """The target called `name`; raises `NmcuError` naming the known ones."""
    if name not in names():
        raise NmcuError(f"unknown target {name!r}; known targets: {', '.join(names())}")
    raw = tomllib.loads((TARGETS_DIR / name / "target.toml").read_text())
    return _parse(raw)


def _parse(raw: Mapping[str, Any]) -> Target:
    event_unit = raw.get("event_unit")
    return Target(
        name=raw["name"],
        description=raw["description"],
        cores=raw["cores"],
        clock_hz=raw["clock_hz"],
        stack_bytes=raw["stack_bytes"],
        assumptions=tuple(raw["assumptions"]),
        memory=MappingProxyType({k: Memory(**v) for k, v in raw["memory"].items()}),
        host_io_base=raw["host_io"]["base"],
        dma=MappingProxyType({k: Dma(**v) for k, v in raw.get("dma", {}).items()}),
        event_unit=EventUnit(**event_unit) if event_unit else None,
    )

"""The memories of a chip: levels with roles, and the links over which data move between them."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a memory is for. One memory may have several roles."""

    COMPUTE = "compute"
    """Kernels work in it: their buffers and the stacks are here."""
    WORKING = "working"
    """Activations between layers are here; constants and code too, where nothing else holds them."""
    BULK = "bulk"
    """What the working memory has no room for waits here; reached over a link only."""
    FLASH = "flash"
    """Not written by a program; constants and code are read where they lie."""


@dataclass(frozen=True)
class Level:
    """One memory: `base` address and `size` in bytes; `banks` > 0 for word-interleaved, arbitrated banks.

    A core's access takes `latency_cycles`; without `core_access` only links reach it. `executable`: code may be here.
    """

    name: str
    roles: frozenset[Role]
    base: int
    size: int
    banks: int = 0
    latency_cycles: int = 1
    core_access: bool = True
    executable: bool = False

    @property
    def end(self) -> int:
        return self.base + self.size

    @property
    def writable(self) -> bool:
        return Role.FLASH not in self.roles


@dataclass(frozen=True)
class Link:
    """A DMA engine between the levels `near` and `far`: register base, speed, start-up latency, queue depths."""

    name: str
    near: str
    far: str
    base: int
    bytes_per_cycle: float
    latency_cycles: int
    queue_per_core: int
    queue_total: int


@dataclass(frozen=True)
class MemoryHierarchy:
    """The levels of a chip and the links between them. No role has two levels; compute and working have one."""

    levels: tuple[Level, ...]
    links: tuple[Link, ...] = ()

    def find(self, role: Role) -> Level | None:
        """The level with this role, or None."""
        return next((level for level in self.levels if role in level.roles), None)

    def level(self, role: Role) -> Level:
        """The level with this role; raises KeyError where there is none."""
        found = self.find(role)
        if found is None:
            raise KeyError(f"no memory is {role}")
        return found

    def engine(self, first: Role, second: Role) -> Link | None:
        """The link between the levels of two roles, or None: then a core copies, or there is no such level."""
        ends = {level.name for role in (first, second) if (level := self.find(role))}
        return next((link for link in self.links if {link.near, link.far} == ends), None)

    @property
    def staged(self) -> bool:
        """Whether operands are brought to another memory to be computed on. Where not, kernels read and write them in
        place."""
        return self.level(Role.COMPUTE) is not self.level(Role.WORKING)

    @property
    def constants(self) -> Level:
        """Where packed weights lie."""
        return self.find(Role.FLASH) or self.level(Role.WORKING)

    @property
    def code(self) -> Level:
        """Where code and read-only data lie."""
        candidates = (self.find(Role.FLASH), self.level(Role.WORKING), self.level(Role.COMPUTE))
        return next(level for level in candidates if level is not None and level.executable)

    @property
    def variables(self) -> Level:
        """Where the program's own variables lie."""
        compute = self.level(Role.COMPUTE)
        return compute if self.code is compute else self.level(Role.WORKING)

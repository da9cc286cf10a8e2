"""The description of a chip: what the planner, the compiler, the program and the simulator know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nmcu.cores import Core
from nmcu.errors import NmcuError
from nmcu.targets import linker
from nmcu.targets.description import read
from nmcu.targets.memory import MemoryHierarchy, Role

TARGETS_DIR = Path(__file__).parent
COMMON_DIR = TARGETS_DIR / "common"
DEFAULT_PORT_DIR = COMMON_DIR / "default_port"
LIBRARY_PORT_DIR = COMMON_DIR / "library_port"
DESCRIPTION = "target.toml"
PORT, SCRIPT = "nmcu_port.h", "link.ld"


@dataclass(frozen=True)
class EventUnit:
    """Barriers and software events: register base, cycles from an event to the waiting core's grant."""

    base: int
    wake_cycles: int


@dataclass(frozen=True)
class Target:
    """A chip: cores, memories, peripherals; all sizes in bytes. `folder` holds `target.toml` and what it brings itself:
    a linker script (`link.ld`) and a HAL port (`nmcu_port.h`).

    `core` is the kind of its cores, `isa` what programs are compiled for where nobody says otherwise.
    `stack_bytes` is each core's stack, `program_bytes` what the planner leaves free for code and variables where they
    lie in one memory with a network's data.
    """

    name: str
    description: str
    cores: int
    core: Core
    isa: str
    clock_hz: int
    stack_bytes: int
    program_bytes: int
    assumptions: tuple[str, ...]
    memory: MemoryHierarchy
    host_io_base: int
    event_unit: EventUnit | None
    folder: Path

    @staticmethod
    def load(folder: Path) -> "Target":
        """The target in `folder`; raises `NmcuError` with one sentence about the first mistake in its `target.toml`."""
        found = read(folder / DESCRIPTION)
        if found.links and not (folder / PORT).is_file():
            raise NmcuError(
                f"{folder / DESCRIPTION}: [links.{found.links[0].name}] is an engine that nothing drives; it needs a "
                f"{PORT} beside the file"
            )
        memory = MemoryHierarchy(found.levels, found.links)
        if (folder / SCRIPT).is_file():
            linker.check_sizes(folder / SCRIPT, memory)
        return Target(
            name=found.name,
            description=found.description,
            cores=found.cores,
            core=found.core,
            isa=found.isa,
            clock_hz=found.clock_hz,
            stack_bytes=found.stack_bytes,
            program_bytes=found.program_bytes,
            assumptions=(*found.core.assumptions, *found.assumptions),
            memory=memory,
            host_io_base=found.host_io_base,
            event_unit=EventUnit(*found.event_unit) if found.event_unit else None,
            folder=folder,
        )

    @property
    def compute_bytes(self) -> int:
        """Compute memory that buffers may take: all but the stacks, and the program where it lies there too."""
        compute = self.memory.level(Role.COMPUTE)
        program = self.program_bytes if self.memory.code is compute else 0
        return compute.size - self.cores * self.stack_bytes - program

    @property
    def working_bytes(self) -> int:
        """Memory for activations (and constants and code, where they lie there)."""
        return self.memory.level(Role.WORKING).size

    @property
    def link_script(self) -> str:
        """The linker script: the folder's own, else one made from the memories."""
        own = self.folder / SCRIPT
        if own.is_file():
            text = own.read_text(encoding="utf-8")
            stacks = self.cores * self.stack_bytes
            sizes = f"__cores = {self.cores};\n__stack_bytes = {self.stack_bytes};\n"
            return f"{sizes}{text}\n{linker.stack_check(stacks)}"
        return linker.script(self.name, self.memory, self.cores, self.stack_bytes, self._start_offset)

    @property
    def _start_offset(self) -> int:
        """Bytes from a multiple of 256 to where the core starts; 0 where it starts anywhere."""
        return self.core.rtl.reset_offset if self.core.rtl else 0

    @property
    def has_port(self) -> bool:
        """Whether the folder has a HAL port of its own."""
        return (self.folder / PORT).is_file()

    @property
    def include_dirs(self) -> tuple[Path, ...]:
        """Folders with the headers of the hardware abstraction."""
        return (self.folder if self.has_port else DEFAULT_PORT_DIR, COMMON_DIR)

    @property
    def sources(self) -> tuple[Path, ...]:
        """C and assembly files that every program for this target contains."""
        start = (COMMON_DIR / "crt0.S", COMMON_DIR / "start.c")
        flags = () if self.has_port or self.cores == 1 else (DEFAULT_PORT_DIR / "nmcu_flag_barrier.c",)
        return (*start, *flags)

    @property
    def defines(self) -> Mapping[str, str]:
        """Macros for every C and assembly file."""
        found = {"NMCU_CORES": f"{self.cores}u"}
        if not self.memory.staged:
            found["NMCU_STAGED"] = "0"
        if not self.has_port:
            found["NMCU_HOST_IO_BASE"] = f"{self.host_io_base:#x}u"
        return found


def names() -> tuple[str, ...]:
    """Names of all targets, sorted."""
    return tuple(sorted(p.parent.name for p in TARGETS_DIR.glob(f"*/{DESCRIPTION}")))


@cache
def get(name: str) -> Target:
    """The target called `name`; raises `NmcuError` naming the known ones."""
    if name not in names():
        raise NmcuError(f"unknown target {name!r}; known targets: {', '.join(names())}")
    return Target.load(TARGETS_DIR / name)

"""What to trace, and where to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmcu.errors import NmcuError
from nmcu.sim.symbols import Symbols
from nmcu.targets import Target


@dataclass(frozen=True)
class Trace:
    """A text file with one line per instruction: cycle, core, pc, function, disassembly, register write.

    `cores` and `functions` (by name) restrict what is written; empty means all.
    """

    path: Path
    cores: Sequence[int] = ()
    functions: Sequence[str] = ()


def trace_options(trace: Trace, elf: bytes, target: Target) -> dict[str, Any]:
    """The trace as the plain values that the simulator takes; raises `NmcuError` for a core or function unknown."""
    for core in trace.cores:
        if not 0 <= core < target.cores:
            raise NmcuError(f"cannot trace core {core}: {target.name} has cores 0 to {target.cores - 1}")
    functions = Symbols(elf).functions
    for name in trace.functions:
        if not any(function.name == name for function in functions):
            raise NmcuError(f"cannot trace function {name!r}: the program has no function of that name")
    mask = sum(1 << core for core in set(trace.cores)) if trace.cores else (1 << target.cores) - 1
    wanted = set(trace.functions)
    return {
        "path": str(trace.path),
        "core_mask": mask,
        "functions": [(f.address, f.size, f.name, not wanted or f.name in wanted) for f in functions],
        "outside": not wanted,
    }

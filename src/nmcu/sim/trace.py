"""What to trace, and where to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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


def trace_options(trace: Trace, elf: bytes, target: Target) -> str:
    """The trace as the simulator reads it (api/simulator.cpp); raises `NmcuError` for a core or function unknown."""
    for core in trace.cores:
        if not 0 <= core < target.cores:
            raise NmcuError(f"cannot trace core {core}: {target.name} has cores 0 to {target.cores - 1}")
    functions = Symbols(elf).functions
    for name in trace.functions:
        if not any(function.name == name for function in functions):
            raise NmcuError(f"cannot trace function {name!r}: the program has no function of that name")
    mask = sum(1 << core for core in set(trace.cores)) if trace.cores else (1 << target.cores) - 1
    wanted = set(trace.functions)
    lines: list[tuple[object, ...]] = [("cores", mask), ("outside", int(not wanted))]
    for f in functions:
        lines.append(("function", f.address, f.size, int(not wanted or f.name in wanted), f.name))
    return "\n".join("\t".join(str(part) for part in line) for line in lines)

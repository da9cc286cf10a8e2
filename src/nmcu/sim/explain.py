"""Faults that explain themselves: where in the source, what stands around, what lies nearest."""

from collections.abc import Mapping
from typing import Any

from nmcu.errors import SimulationFault
from nmcu.sim.native import Library
from nmcu.sim.symbols import Segment, Symbols
from nmcu.targets import Target

CONTEXT = 4
_LONGEST_WALK = 1 << 16
_MEMORY_FAULTS = ("unmapped_address", "dma_outside_memory", "misaligned_peripheral", "peripheral_register")


class ProgramFault(SimulationFault):
    """The run ended by a fault of the program. The message is one sentence; `details` are the lines to show below.

    `kind` is one of the simulator's fault names (`illegal_instruction`, `unmapped_address`, `deadlock`, ...), `core`
    is -1 where no single core is at fault, `stdout` what the program had written until then.
    """

    def __init__(
        self, message: str, *, kind: str, core: int, pc: int, cycle: int, details: str, stdout: bytes
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.core = core
        self.pc = pc
        self.cycle = cycle
        self.details = details
        self.stdout = stdout


def explain(
    fault: Mapping[str, Any], elf: bytes, target: Target, stdout: bytes, library: Library
) -> ProgramFault:
    """The exception for a fault as the simulator `library` reports it."""
    symbols = Symbols(elf)
    kind, core, pc = fault["kind"], fault["core"], fault["pc"]
    where = "" if core < 0 else f"core {core} at {place(symbols, pc)}, "
    message = f"{where}cycle {fault['cycle']}: {kind.replace('_', ' ')}: {fault['detail']}"
    lines: list[str] = []
    if kind in ("deadlock", "cycle_limit"):
        lines += [f"core {i} at {place(symbols, c['pc'])}" for i, c in enumerate(fault["cores"])]
    elif core >= 0:
        lines += neighbourhood(symbols, pc, library)
    if kind in _MEMORY_FAULTS:
        lines.append(nearest(fault["address"], target))
    return ProgramFault(
        message, kind=kind, core=core, pc=pc, cycle=fault["cycle"], details="\n".join(lines), stdout=stdout
    )


def place(symbols: Symbols, pc: int) -> str:
    """`0x1c000010 in main+16 (main.c:7)`, as far as the program's symbols say."""
    text = f"pc 0x{pc:08x}"
    function = symbols.function_at(pc)
    if function is not None:
        offset = pc - function.address
        text += f" in {function.name}" + (f"+{offset}" if offset else "")
    line = symbols.source_line(pc)
    return f"{text} ({line})" if line else text


def neighbourhood(symbols: Symbols, pc: int, library: Library) -> list[str]:
    """Disassembled lines around `pc`, the one at `pc` marked."""
    segment = next(
        (s for s in symbols.segments if s.executable and s.address <= pc < s.address + s.size), None
    )
    if segment is None:
        return []
    function = symbols.function_at(pc)
    start = (
        function.address if function is not None and function.address >= segment.address else segment.address
    )
    if pc - start > _LONGEST_WALK:
        start = pc
    before: list[str] = []
    after: list[str] = []
    address = start
    while len(after) <= CONTEXT and segment.address <= address < segment.address + len(segment.data):
        text, length = _instruction(segment, address, library)
        marker = ">" if address == pc else " "
        (before if address < pc else after).append(f"{marker} 0x{address:08x}  {text}")
        address += length
    return before[-CONTEXT:] + after


def _instruction(segment: Segment, address: int, library: Library) -> tuple[str, int]:
    offset = address - segment.address
    word = int.from_bytes(segment.data[offset : offset + 4], "little")
    return library.disassemble(word, address), 4 if word & 3 == 3 else 2


def nearest(address: int, target: Target) -> str:
    """What lies nearest to an address that is nothing."""
    ranges = [(m.base, m.end, f"memory {m.name}") for m in target.memory.levels]
    ranges += [(d.base, d.base + 0x1000, f"registers of DMA {d.name}") for d in target.memory.links]
    if target.event_unit is not None:
        ranges.append(
            (target.event_unit.base, target.event_unit.base + 0x1000, "registers of the event unit")
        )
    ranges.append((target.host_io_base, target.host_io_base + 0x1000, "host I/O registers"))

    def distance(item: tuple[int, int, str]) -> int:
        start, end, _ = item
        return start - address if address < start else max(address - end, 0)

    start, end, name = min(ranges, key=distance)
    span = f"{name} (0x{start:08x} to 0x{end - 1:08x})"
    if start <= address < end:
        return f"0x{address:08x} lies in {span}"
    side = f"{start - address} bytes before" if address < start else f"{address - end} bytes after the end of"
    return f"0x{address:08x} lies {side} {span}"

"""Random instruction streams on the instruction-set core and on the RTL, compared instruction by instruction."""

import ctypes
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, ClassVar

from nmcu import cores
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.result import Result
from nmcu.rtl import build, interrupts, stream
from nmcu.rtl.core_sources import EDITED, accepted
from nmcu.rtl.items import Item
from nmcu.sim.build import headers
from nmcu.sim.instructions import Table
from nmcu.sim.native import Library

ITEMS_PER_STREAM = 1000
MAX_INSTRUCTIONS = 100_000  # of one stream
STALL_PERCENTS = (0, 30)
INTERRUPT_CYCLES = 512  # most between an interrupt and the next
KINDS = (
    "",
    "pc",
    "register",
    "bus transaction",
    "number of instructions",
    "end of the program",
    "enabling of an interrupt",
)
REGISTER_NAMES = (
    "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6"
)


class _Cause(ctypes.Structure):
    _fields_: ClassVar[list[tuple[str, Any]]] = [
        ("first", ctypes.c_uint32),
        ("second", ctypes.c_uint32),
        ("cycles", ctypes.c_int64),
        ("count", ctypes.c_uint64),
    ]


class _Result(ctypes.Structure):
    _fields_: ClassVar[list[tuple[str, Any]]] = [
        ("instructions", ctypes.c_uint64),
        ("iss_cycles", ctypes.c_uint64),
        ("rtl_cycles", ctypes.c_uint64),
        ("interrupts", ctypes.c_uint64),
        ("mismatch", ctypes.c_uint32),
        ("index", ctypes.c_uint32),
        ("pc", ctypes.c_uint32),
        ("where", ctypes.c_uint32),
        ("iss_value", ctypes.c_uint32),
        ("rtl_value", ctypes.c_uint32),
        ("causes", ctypes.c_uint32),
        ("cause", _Cause * 48),
        ("detail", ctypes.c_char * 256),
    ]


@dataclass(frozen=True)
class TimingCause:
    """`cycles` that the RTL took more (less, if negative) between two neighbouring instructions, in `count` places.

    `first` and `second` are an example, as assembly.
    """

    first: str
    second: str
    cycles: int
    count: int


@dataclass(frozen=True)
class Comparison:
    """One stream on both: what differs (empty: nothing), instructions compared and interrupts taken, cycles, timing
    differences."""

    mismatch: str
    detail: str
    instructions: int
    interrupts: int
    iss_cycles: int
    rtl_cycles: int
    causes: tuple[TimingCause, ...]

    @property
    def error_percent(self) -> float:
        """ISS cycles against the RTL's."""
        return 100 * (self.iss_cycles - self.rtl_cycles) / self.rtl_cycles if self.rtl_cycles else 0.0


@dataclass(frozen=True)
class Failure:
    """A stream on which the two differ, minimised, as assembly."""

    seed: int
    stall_percent: int
    interrupted: bool
    comparison: Comparison
    assembly: str


@dataclass(frozen=True, repr=False)
class FuzzReport(Result):
    """Streams run, instructions compared, interrupts taken, the worst timing error with and without stalls, causes,
    failures."""

    streams: int
    instructions: int
    interrupts: int
    seconds: float
    worst_error_percent: dict[int, float]  # by stall percentage
    total_error_percent: dict[int, float]
    causes: tuple[TimingCause, ...]
    failures: tuple[Failure, ...]

    def __str__(self) -> str:
        return (
            f"{self.streams} streams, {self.instructions:,} instructions and {self.interrupts:,} interrupts compared "
            f"in {self.seconds:.0f} s:\n{len(self.failures)} streams differ"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def rows(self) -> list[dict[str, Any]]:
        """The timing differences by cause, the largest first."""
        return [asdict(cause) for cause in self.causes]


@cache
def table(isa: InstructionSet) -> Table:
    """The instructions and CSRs that streams for a core with `isa` are made of."""
    return Table.of(_library(isa))


@cache
def _library(isa: InstructionSet) -> Library:
    """Both cores, with all extensions of `isa`."""
    include, files = headers(accepted(isa).extensions)
    source = build.CPP_DIR / "fuzz.cpp"
    functions = build.library(
        "nmcu_fuzz", [source], isa=isa, core=cores.get(EDITED), include=include, headers=files
    )
    word, long = ctypes.c_uint32, ctypes.c_uint64
    run = functions.nmcu_fuzz_run
    run.argtypes = [ctypes.c_char_p, long, word, word, word, word, long, ctypes.POINTER(_Result)]
    run.restype = None
    return Library(functions)


def compare(
    items: tuple[Item, ...],
    seed: int,
    isa: InstructionSet,
    stall_percent: int = 0,
    interrupted: bool = False,
) -> Comparison:
    """Run `items` on both cores for `isa`; `stall_percent` of all bus transactions wait one to four cycles.

    Items that are `interrupted` are so at random cycles, by a handler that computes, too.
    """
    library = _library(isa)
    image = stream.assemble(items, seed, interrupts.handler(seed, table(isa)) if interrupted else ())
    most_cycles = INTERRUPT_CYCLES if interrupted else 0
    numbers = (stream.ENTRY, seed & 0xFFFFFFFF, stall_percent, most_cycles, MAX_INSTRUCTIONS)
    raw = _Result()
    library.functions.nmcu_fuzz_run(image, len(image), *numbers, ctypes.byref(raw))
    detail = raw.detail.decode(errors="replace")
    mismatch = KINDS[raw.mismatch]
    if raw.mismatch and "ISS: access outside" in detail:
        mismatch = ""  # the stream itself is at fault
    if mismatch:
        register = REGISTER_NAMES.split()[raw.where] if raw.mismatch == 2 else f"{raw.where:#x}"
        found = f"ISS {raw.iss_value:#x}, RTL {raw.rtl_value:#x}"
        detail = f"step {raw.index}, pc {raw.pc:#x}, {register}: {found}. {detail}"
    causes = tuple(
        TimingCause(library.disassemble(c.first, 0), library.disassemble(c.second, 0), c.cycles, c.count)
        for c in raw.cause[: raw.causes]
    )
    counts = (raw.instructions, raw.interrupts, raw.iss_cycles, raw.rtl_cycles)
    return Comparison(mismatch, detail, *counts, causes)


def fuzz(
    isa: str | InstructionSet = "xdec",
    *,
    seconds: float = 60,
    seed: int = 0,
    max_failures: int = 5,
    progress: Callable[[str], None] = build.to_stderr,
    on_stream: Callable[[int, float], object] = lambda streams, seconds: None,
) -> FuzzReport:
    """Compare random streams of `isa` for `seconds`, with and without memory stalls, half of them interrupted; failures
    are minimised.

    `progress` is told of failures, `on_stream` how many streams were compared in how many seconds so far.
    """
    isa = Registry.installed().isa(isa)
    _library(isa)
    start = time.monotonic()
    streams = instructions = taken = 0
    worst = dict.fromkeys(STALL_PERCENTS, 0.0)
    totals = {percent: [0, 0] for percent in STALL_PERCENTS}
    causes: dict[tuple[str, str], TimingCause] = {}
    failures: list[Failure] = []
    while time.monotonic() - start < seconds and len(failures) < max_failures:
        rounds, which = divmod(streams, len(STALL_PERCENTS))
        percent, interrupted = STALL_PERCENTS[which], rounds % 2 == 1
        number = seed * 1_000_000 + streams
        items = stream.generate(number, ITEMS_PER_STREAM, table(isa), interrupted)
        found = compare(items, number, isa, percent, interrupted)
        streams += 1
        on_stream(streams, time.monotonic() - start)
        instructions += found.instructions
        taken += found.interrupts
        if found.mismatch:
            progress(f"seed {number}: {found.mismatch} differs; minimising")
            failures.append(_failure(items, number, isa, percent, interrupted))
            continue
        if abs(found.error_percent) > abs(worst[percent]):
            worst[percent] = found.error_percent
        totals[percent][0] += found.iss_cycles
        totals[percent][1] += found.rtl_cycles
        for cause in found.causes:
            kind = (_kind(cause.first), _kind(cause.second))
            known = causes.get(kind, TimingCause("", "", 0, 0))
            causes[kind] = TimingCause(
                cause.first, cause.second, known.cycles + cause.cycles, known.count + cause.count
            )
    return FuzzReport(
        streams,
        instructions,
        taken,
        time.monotonic() - start,
        worst,
        {percent: 100 * (iss - rtl) / max(rtl, 1) for percent, (iss, rtl) in totals.items()},
        tuple(sorted(causes.values(), key=lambda cause: -abs(cause.cycles))),
        tuple(failures),
    )


def _failure(
    items: tuple[Item, ...], seed: int, isa: InstructionSet, stall_percent: int, interrupted: bool
) -> Failure:
    how = (seed, isa, stall_percent, interrupted)
    small = minimise(items, lambda part: bool(compare(part, *how).mismatch))
    return Failure(seed, stall_percent, interrupted, compare(small, *how), listing(small, isa))


def minimise(items: tuple[Item, ...], fails: Callable[[tuple[Item, ...]], bool]) -> tuple[Item, ...]:
    """A sub-list of `items` that still fails and from which no single item can be left out (delta debugging)."""
    size = max(1, len(items) // 2)
    while size:
        index = 0
        while index < len(items):
            part = items[:index] + items[index + size :]
            if fails(part):
                items = part
            else:
                index += size
        size //= 2
    return items


def listing(items: tuple[Item, ...], isa: InstructionSet) -> str:
    """The items as assembly text, one instruction a line, with the item's kind."""
    lines = []
    for item in items:
        for index, word in enumerate(item.code):
            text = _library(isa).disassemble(word, 0)
            lines.append(f"  {text:<40} # {word:#010x}" + ("" if index else f"  {item.kind}"))
    return "\n".join(lines)


def _kind(text: str) -> str:
    """The mnemonic, with the register for a CSR access."""
    mnemonic, _, operands = text.partition(" ")
    return f"{mnemonic} {operands.split(', ')[1]}" if mnemonic.startswith("csrr") else mnemonic

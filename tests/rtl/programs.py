"""What directed programs on the flat bench share: memory, stalls, a trap handler, cycles of a few instructions."""

from collections.abc import Callable

import numpy as np
import pytest

from isas import named
from nmcu.rtl import flat
from nmcu.rtl.flat import FlatRun, Stalls

Assemble = Callable[[str], bytes]

SIZE = 1 << 18
RESULT, BUFFER, OTHER = 0x6000, 0x8000, 0xA000
"""Where programs store what they found, and random data; below is code."""
EXIT = """
  li t6, 0x1A100000
  sw zero, 0(t6)
1: j 1b
"""
STALLS = [
    flat.NO_STALLS,
    Stalls(grant=40, seed=2),
    Stalls(response=40, seed=3),
    Stalls(grant=60, response=60, fetch=30, seed=4),
]
every_stall = pytest.mark.parametrize("stalls", STALLS, ids=["ideal", "grant", "response", "all"])


def image(code: bytes = b"") -> bytes:
    """`code`, and random data behind it."""
    memory = np.random.default_rng(7).integers(0, 256, SIZE, np.uint8)
    memory[: len(code)] = np.frombuffer(code, np.uint8)
    assert len(code) <= RESULT
    return memory.tobytes()


def run(code: bytes, isa: str, **kwargs: object) -> FlatRun:
    """`code` on the core with `isa`."""
    return flat.run(image(code), named(isa), max_cycles=400_000, **kwargs)  # type: ignore[arg-type]


def results(done: FlatRun, count: int) -> list[int]:
    """The first words at `RESULT`."""
    return [done.word(RESULT + 4 * i) for i in range(count)]


def handler(body: str) -> str:
    """A program's beginning: a trap handler that runs `body` and counts in s6; what is appended is the main program.

    Interrupts return to the instruction they stopped, exceptions behind theirs. Uses s7, s8 and t6.
    """
    return f"""
  li t6, 0x100
  csrw mtvec, t6
  j main
.balign 256
{body}
  addi s6, s6, 1
  csrr s7, mcause
  bltz s7, 1f
  csrr s8, mepc
  addi s8, s8, 4
  csrw mepc, s8
1:
  mret
.balign 256
main:
  li s6, 0
"""


def cycles_of(assemble: Assemble, isa: str, start: str, body: str) -> int:
    """Cycles of `body`, between two cycle counter reads, less those of nothing; `start` comes before both."""
    frame = f"""
      li s0, {BUFFER}; li s2, {OTHER}; li a1, 0x32107654; {start}; csrwi 0x320, 0; nop; nop; nop; nop
      csrr a4, mcycle; nop; nop; nop
      {{}}
      nop; nop; nop; csrr a5, mcycle; sub a5, a5, a4; li s1, {RESULT}; sw a5, 0(s1)
    """
    with_body, empty = (run(assemble(frame.format(text) + EXIT), isa).word(RESULT) for text in (body, ""))
    return with_body - empty

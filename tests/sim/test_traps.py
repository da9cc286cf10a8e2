"""CSRs, counters and machine-mode traps."""

import struct

import pytest

from nmcu import targets
from nmcu.sim import ProgramFault, simulate
from sim.assembly import assemble

RESULTS = 0x8000_0000


def run(body: list[str], count: int, isa: str = "xcv") -> tuple[int, ...]:
    """Runs `body`, which stores with `sw REG, n(s1)`; returns `count` words of what it stored."""
    lines = [".option norelax", ".option norvc", ".globl _start", "_start:", f"li s1, {RESULTS}", *body]
    lines += ["li t0, 0x1a100000", "sw zero, 0(t0)", "8: j 8b", ""]
    program = assemble("\n".join(lines))
    result = simulate(
        program, targets.get("cv32e40p"), isa=isa, reads=[(RESULTS, 4 * count)], max_cycles=10_000
    )
    return struct.unpack(f"<{count}I", result.memory[0])


def test_read_write_set_clear() -> None:
    body = [
        "li t1, 0xff00ff",
        "csrw mscratch, t1",
        "li t2, 0x0f0f0f",
        "csrrs t3, mscratch, t2",
        "sw t3, 0(s1)",
    ]
    body += ["csrrc t3, mscratch, t2", "sw t3, 4(s1)", "csrr t3, mscratch", "sw t3, 8(s1)"]
    body += ["csrrwi t3, mscratch, 21", "csrrsi t4, mscratch, 10", "sw t4, 12(s1)", "csrrci t4, mscratch, 1"]
    body += ["sw t4, 16(s1)", "csrr t4, mscratch", "sw t4, 20(s1)"]
    expected = (0xFF00FF, 0xFF00FF | 0x0F0F0F, (0xFF00FF | 0x0F0F0F) & ~0x0F0F0F, 21, 31, 30)
    assert run(body, 6) == expected


def test_identity() -> None:
    names = ("mhartid", "mvendorid", "marchid", "misa")
    body = [line for i, name in enumerate(names) for line in (f"csrr t1, {name}", f"sw t1, {4 * i}(s1)")]
    assert run(body, 4) == (0, 0x602, 4, 0x40801104)
    assert run(body, 4, isa="rv32")[3] == 0x40001104


def test_counters_stand_still_until_started_and_then_count() -> None:
    body = [
        "csrr t1, mcycle",
        "sw t1, 0(s1)",
        "csrwi mcountinhibit, 0",
        "csrr t1, mcycle",
        "csrr t2, minstret",
    ]
    body += ["nop", "nop", "li t5, 7", "li t6, 3", "mulh t5, t5, t6", "csrr t3, mcycle", "csrr t4, minstret"]
    body += ["sub t3, t3, t1", "sub t4, t4, t2", "sw t3, 4(s1)", "sw t4, 8(s1)"]
    stopped, cycles, instructions = run(body, 3)
    assert stopped == 0
    assert (cycles, instructions) == (4 + 4 + 4 + 5, 7)  # two CSR reads of 4, four single cycles, mulh 5


def test_counters_behind_a_write() -> None:
    """A write takes the place of that cycle's count (RTL, cv32e40p_cs_registers.sv): the next instruction reads it."""
    body = [
        "csrwi mcountinhibit, 0",
        "csrwi minstret, 5",
        "csrr t1, minstret",
        "csrwi mcycle, 7",
        "csrr t2, mcycle",
    ]
    body += ["csrwi mcountinhibit, 13", "csrr t3, minstret", "nop", "csrr t4, minstret"]
    body += [f"sw t{k}, {4 * k - 4}(s1)" for k in (1, 2, 3, 4)]
    assert run(body, 4) == (5, 7 + 3, 9, 9)


def test_what_traps_does_not_retire() -> None:
    """minstret: two CSR accesses and the handler's six instructions; neither ecall nor an illegal word."""
    body = ["la t1, 5f", "csrw mtvec, t1", "csrwi mcountinhibit, 0", "csrwi minstret, 0"]
    body += ["ecall", ".word 0xffffffff", "csrr t1, minstret", "sw t1, 0(s1)", "j 9f", ".balign 256"]
    body += ["5: csrr t2, mepc", "addi t2, t2, 4", "csrw mepc, t2", "mret", "9:"]
    assert run(body, 1) == (8,)


def test_triggers_read_as_those_of_a_core_outside_debug_mode() -> None:
    numbers = (0x7A0, 0x7A1, 0x7A2, 0x7A3, 0x7A4, 0x7A8, 0x7AA)
    body = ["li t2, -1", *(f"csrw {number}, t2" for number in numbers)]
    body += [
        line for k, number in enumerate(numbers) for line in (f"csrr t1, {number}", f"sw t1, {4 * k}(s1)")
    ]
    assert run(body, 7) == (0, 0x28001040, 0, 0, 4, 0, 0)


def test_events_of_mhpmcounter3() -> None:
    """Loads and jumps (bits 5 and 7): three; with the load-use stall (bit 2), seen in a cycle of its own, four."""
    events = []
    for mask in (1 << 5 | 1 << 7, 1 << 5 | 1 << 7 | 1 << 2):
        body = [f"li t1, {mask}", "csrw mhpmevent3, t1", "csrwi mcountinhibit, 0"]
        body += [
            "lw t2, 0(s1)",
            "addi t2, t2, 1",
            "j 1f",
            "1: lw t3, 0(s1)",
            "csrr t1, mhpmcounter3",
            "sw t1, 0(s1)",
        ]
        events += run(body, 1)
    assert events == [3, 4]


def test_a_handler_gets_illegal_instructions_and_calls() -> None:
    body = [
        "la t1, 5f",
        "csrw mtvec, t1",
        "li s2, 0",
        ".word 0xffffffff",
        "ecall",
        "ebreak",
        "csrw 0xf14, zero",
    ]
    body += ["sw s2, 0(s1)", "j 9f", ".balign 256"]
    body += ["5: csrr t2, mcause", "slli s2, s2, 8", "or s2, s2, t2", "csrr t2, mepc", "addi t2, t2, 4"]
    body += ["csrw mepc, t2", "mret", "9:"]
    assert run(body, 1) == (
        0x020B0302,
    )  # illegal, ecall from M, breakpoint, illegal (write to a read-only CSR)


@pytest.mark.parametrize("text", ["csrr t1, 0x123", "csrw mhartid, t1", "csrw 0xcc0, t1", "csrr t1, 0x7c0"])
def test_registers_that_do_not_exist_or_cannot_be_written(text: str) -> None:
    with pytest.raises(ProgramFault) as caught:
        run([text], 1)
    assert caught.value.kind == "illegal_instruction"


def test_calls_without_a_handler_end_the_run() -> None:
    with pytest.raises(ProgramFault, match="without a trap handler"):
        run(["ecall"], 1)


def test_sleeping_alone_is_a_deadlock() -> None:
    with pytest.raises(ProgramFault, match="in wfi"):
        run(["wfi"], 1)


def test_counting_starts_and_stops_in_a_loop() -> None:
    """Code that has run without event counters runs with them, and without again."""
    body = [
        "li t1, 2",
        "csrw mhpmevent3, t1",
        "li t2, 3",
        "1: nop",
        "nop",
        "csrci mcountinhibit, 8",
        "nop",
        "nop",
    ]
    body += [
        "csrsi mcountinhibit, 8",
        "lw t3, 0(s1)",
        "addi t2, t2, -1",
        "bnez t2, 1b",
        "csrr t1, mhpmcounter3",
    ]
    body += ["sw t1, 0(s1)"]
    assert run(body, 1) == (3 * 3,)

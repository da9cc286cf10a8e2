"""Hardware loops: every way to set them up, nesting, counts of 0 and 1, leaving early, the manual's constraints."""

import struct

import pytest

from nmcu import targets
from nmcu.sim import ProgramFault, simulate
from sim.assembly import assemble

RESULTS = 0x8000_0000


def insn(funct: int, loop: int, words: int = 0, register: str = "x0") -> str:
    """One hardware-loop instruction by encoding: LLVM has no mnemonics for them."""
    signed = words - 4096 if words > 2047 else words  # the assembler takes the field as signed
    return f".insn i 0x2b, 4, x{2 * funct + loop}, {register}, {signed}"


def starti(loop: int, words: int) -> str:
    return insn(0, loop, words)


def endi(loop: int, words: int) -> str:
    return insn(2, loop, words)


def setup(loop: int, register: str, body: int) -> str:
    return insn(7, loop, body + 1, register)


def setupi(loop: int, count: int, body: int) -> str:
    return insn(6, loop, count, f"x{body + 1}")


def run(body: list[str], count: int = 1) -> tuple[int, ...]:
    """Runs `body`, then stores a0, a1, ... `count` of them."""
    lines = [".option norelax", ".option norvc", ".globl _start", "_start:", "li a0, 0", "li a1, 0", *body]
    lines += [f"li t0, {RESULTS}", *(f"sw a{i}, {4 * i}(t0)" for i in range(count))]
    lines += ["li t0, 0x1a100000", "sw zero, 0(t0)", "8: j 8b", ""]
    result = simulate(
        assemble("\n".join(lines)), targets.get("cv32e40p"), reads=[(RESULTS, 4 * count)], max_cycles=100_000
    )
    return struct.unpack(f"<{count}I", result.memory[0])


BODY = ["addi a0, a0, 1", "addi a0, a0, 10", "addi a0, a0, 100"]


@pytest.mark.parametrize("loop", [0, 1])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 4095])
def test_setup_runs_the_body_count_times_and_at_least_once(loop: int, count: int) -> None:
    times = max(count, 1)  # the body is entered in any case: a count of 0 switches the loop off
    assert run([f"li t1, {count}", setup(loop, "t1", 3), *BODY]) == (111 * times,)
    assert run([setupi(loop, count, 3), *BODY]) == (111 * times,)


@pytest.mark.parametrize("loop", [0, 1])
def test_the_long_set_up(loop: int) -> None:
    immediate = [starti(loop, 4), endi(loop, 6), insn(4, loop, 5), "nop", *BODY]
    assert run(immediate) == (555,)
    registers = ["la t1, 1f", "la t2, 2f", "li t3, 5", insn(1, loop, 0, "t1"), insn(3, loop, 0, "t2")]
    assert run([*registers, insn(5, loop, 0, "t3"), "nop", "1:", *BODY, "2:"]) == (555,)
    # the two low bits of addresses in registers are ignored
    odd = [*registers[:3], "addi t1, t1, 3", "addi t2, t2, 2", *registers[3:]]
    assert run([*odd, insn(5, loop, 0, "t3"), "nop", "1:", *BODY, "2:"]) == (555,)


def test_nested_loops() -> None:
    inner = [setupi(0, 3, 3), *BODY]
    outer = ["li t1, 4", setup(1, "t1", 6), *inner, "addi a1, a1, 1", "nop"]
    assert run(outer, 2) == (4 * 3 * 111, 4)


def test_an_outer_count_set_once_and_an_inner_one_in_every_round() -> None:
    body = [starti(1, 6), endi(1, 11), insn(4, 1, 10), starti(0, 4), endi(0, 6), "nop"]
    body += [insn(4, 0, 10), "addi a0, a0, 1", "addi a0, a0, 1", "addi a0, a0, 1"]
    body += ["addi a1, a1, 2", "addi a1, a1, 2"]
    assert run(body, 2) == (300, 40)  # the example of the manual's hardware-loop chapter


def test_the_registers_read_back() -> None:
    body = [setupi(0, 9, 3), *BODY, "csrr a0, 0xcc2", starti(1, 1), "1:", "csrr a1, 0xcc4", "la a2, 1b"]
    count, start, label = run([*body, "sub a1, a1, a2", "li a2, 0"], 3)
    assert (count, start, label) == (0, 0, 0)


def test_leaving_early_through_a_trap() -> None:
    """The only way out of a body that the manual allows: a trap whose handler returns elsewhere."""
    body = [
        "la t1, 5f",
        "csrw mtvec, t1",
        "li t1, 10",
        setup(0, "t1", 4),
        "addi a0, a0, 1",
        "ecall",
        "addi a0, a0, 100",
        "nop",
    ]
    body += ["j 9f", ".balign 256", "5:", "la t2, 9f", "csrw mepc, t2", "csrr a1, 0xcc2", "mret", "9:"]
    assert run(body, 2) == (1, 10)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([setupi(0, 3, 2), "nop", "nop"], "at least 3 instructions"),
        ([setupi(0, 3, 3), "nop", "beq a0, a1, .+8", "nop"], "is not allowed in the body"),
        ([setupi(1, 3, 4), "nop", "fence", "nop", "nop"], "is not allowed in the body"),
        ([".option rvc", setupi(0, 3, 3), "c.nop", "c.nop", "nop", "nop"], "compressed"),
        ([".option rvc", "c.nop", setupi(0, 3, 3), "c.nop", ".option norvc", *BODY], "must be word aligned"),
        (
            ["la t1, 1f", insn(1, 0, 0, "t1"), insn(3, 0, 0, "t1"), insn(4, 0, 2), "nop", "1: nop"],
            "not after",
        ),
        ([setupi(1, 2, 4), setupi(0, 2, 3), *BODY, "nop"], "at least 8 bytes"),
        (
            [
                "la t1, 1f",
                insn(1, 0, 0, "t1"),
                "li t1, 0x90000010",
                insn(3, 0, 0, "t1"),
                insn(4, 0, 2),
                "j 1f",
                "1: nop",
            ],
            "segment",
        ),
    ],
)
def test_broken_constraints_end_the_run(body: list[str], words: str) -> None:
    with pytest.raises(ProgramFault, match=words) as caught:
        run(body)
    assert caught.value.kind == "hardware_loop"


def test_loop_registers_that_no_loop_reaches_may_hold_anything() -> None:
    """A context switch loads them one by one; only a loop that the program runs must obey the constraints."""
    odd = ["li t1, 0x90000002", insn(1, 0, 0, "t1"), "li t1, -4", insn(3, 0, 0, "t1"), insn(4, 0, 9)]
    too_short = [starti(1, 5), endi(1, 7), insn(4, 1, 3), "j 1f", "nop", "nop", "nop", "1:"]
    assert run([*odd, "li a0, 5", *too_short, "csrr a1, 0xcc0"], 2) == (5, 0x90000000)


def test_a_trap_or_a_flush_hides_the_end_of_a_loop_for_a_cycle() -> None:
    """Measured on the RTL of CV32E40P 1.0.1: a back edge costs nothing, but a cycle if the pipeline was flushed right
    before one of the body's last two instructions; behind a flushing last instruction nothing again."""
    counting = ["csrwi mcountinhibit, 0", "csrr a0, mcycle"]
    stop = ["csrr a1, mcycle", "sub a0, a1, a0"]
    cycles = []
    for at in range(5):
        body = ["nop"] * 5
        body[at] = "csrr a2, mcause"
        cycles.append(run([*counting, setupi(0, 11, 5), *body, *stop])[0])
    plain = run([*counting, setupi(0, 11, 5), *["nop"] * 5, *stop])[0]
    assert [c - plain for c in cycles] == [33, 33, 43, 43, 33]


def test_the_last_instruction_of_a_body_reads_the_count_of_the_next_round() -> None:
    assert run([setupi(0, 5, 3), "nop", "nop", "csrr a0, 0xcc2"]) == (0,)
    assert run([setupi(0, 5, 3), "nop", "csrr a0, 0xcc2", "nop"]) == (1,)


def test_a_count_of_0_runs_over_behind_a_flush() -> None:
    """The RTL counts down whatever the count is where a body ends in a CSR access that flushes the pipeline: a loop
    that is switched off begins again, with 2^32 - 1 rounds to go. The trap of the third round leaves it."""
    body = [
        "la t1, 5f",
        "csrw mtvec, t1",
        setupi(0, 0, 4),
        "addi a0, a0, 1",
        "ecall",
        "nop",
        "csrr a3, mcause",
    ]
    body += ["j 9f", ".balign 256", "5: addi a1, a1, 1", "li t2, 3", "beq a1, t2, 6f", "csrr t2, mepc"]
    body += [
        "addi t2, t2, 4",
        "csrw mepc, t2",
        "mret",
        "6: la t2, 9f",
        "csrw mepc, t2",
        "csrr a2, 0xcc2",
        "mret",
        "9:",
    ]
    assert run(body, 3) == (3, 3, 0xFFFFFFFE)


def test_an_illegal_word_at_a_halfword_of_an_armed_body_traps() -> None:
    """A jump into a body that must not run, between two of its words."""
    body = ["la t1, 5f", "csrw mtvec, t1", "li a0, 1", starti(0, 4), endi(0, 8), insn(4, 0, 9), "j 1f"]
    body += [
        ".option rvc",
        "c.nop",
        "c.nop",
        "c.nop",
        "1: c.nop",
        "c.nop",
        ".word 0xffffffff",
        "c.nop",
        "c.nop",
    ]
    body += [
        ".option norvc",
        "nop",
        "j 9f",
        ".balign 256",
        "5: li a0, 7",
        "la t2, 9f",
        "csrw mepc, t2",
        "mret",
        "9:",
    ]
    assert run(body) == (7,)

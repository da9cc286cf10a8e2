"""What programs other than compiled kernels do, on both cores: registers, bus transactions and cycles are equal.

Each case was wrong once. The truth is the RTL of CV32E40P (pythondata-cpu-cv32e40p 1.0.1.post1909), which runs beside.
"""

import pytest

from isas import named
from nmcu.rtl import fuzz
from nmcu.rtl.encode import (
    C_NOP,
    CUSTOM_0,
    SYSTEM,
    b_type,
    hardware_loop,
    i_type,
    j_type,
    load_immediate,
    r_type,
    s_type,
)
from nmcu.rtl.item import Item

XDEC = named("xdec")
NOP = i_type(0x13, 0, 0, 0, 0)
ECALL, EBREAK, FENCE_I = 0x00000073, 0x00100073, 0x0000100F
MULH = r_type(0x33, 1, 1, 5, 6, 7)
LOAD, STORE = i_type(0x03, 2, 5, 2, 0), s_type(0x23, 2, 2, 5, 0)
MSCRATCH, MCAUSE, MCOUNTINHIBIT, MHPMEVENT3 = 0x340, 0x342, 0x320, 0x323
MCYCLE, MINSTRET, MHPMCOUNTER3 = 0xB00, 0xB02, 0xB03
ILLEGAL, ILLEGAL_CSR_FORM = 0xFFFFFFFF, i_type(SYSTEM, 4, 5, 6, MSCRATCH)  # funct3 = 4


def read(rd: int, csr: int) -> int:
    return i_type(SYSTEM, 2, rd, 0, csr)


def write(csr: int, value: int) -> int:
    return i_type(SYSTEM, 5, 0, value, csr)


def agree(*code: int, aligned: bool = False, stall_percent: int = 0) -> None:
    found = fuzz.compare((Item("case", code, aligned),), 1, XDEC, stall_percent)
    assert not found.mismatch, found.detail
    assert found.iss_cycles == found.rtl_cycles


def test_registers_after_reset() -> None:
    """The reset needs a falling edge: without it mcountinhibit read 0, and the counters ran."""
    numbers = (0x300, 0x301, 0x304, 0x305, 0x340, 0x341, 0x342, *range(0x7A0, 0x7A5), 0x7A8, 0x7AA)
    numbers = (
        *numbers,
        MCOUNTINHIBIT,
        MHPMEVENT3,
        MCYCLE,
        MINSTRET,
        MHPMCOUNTER3,
        0xF11,
        0xF12,
        0xF13,
        0xF14,
    )
    agree(*(read(5 + k % 2, number) for k, number in enumerate(numbers)))


@pytest.mark.parametrize("trap", [ILLEGAL, ILLEGAL_CSR_FORM, ECALL, EBREAK, i_type(SYSTEM, 1, 5, 6, 0xF14)])
def test_traps_take_as_long_and_do_not_retire(trap: int) -> None:
    agree(write(MCOUNTINHIBIT, 0), NOP, trap, read(5, MINSTRET), read(6, MCYCLE), write(MCOUNTINHIBIT, 13))


@pytest.mark.parametrize("special", [ILLEGAL, ECALL, read(6, MCAUSE), read(6, MSCRATCH), read(6, 0xCC2)])
@pytest.mark.parametrize("before", [NOP, MULH, STORE])
def test_everywhere_in_a_hardware_loop(special: int, before: int) -> None:
    """The controller decodes bodies in a state of their own, which a trap or a flushing CSR access leaves."""
    for at in range(6):
        body = [NOP] * 6
        body[at] = special
        if at:
            body[at - 1] = before
        set_up = hardware_loop(6, at % 2, len(body) + 1, 4)
        agree(set_up, *body, aligned=True)
        agree(set_up, *body, aligned=True, stall_percent=60)


def test_nested_hardware_loops_with_traps() -> None:
    for special in (ILLEGAL, read(6, MCAUSE)):
        for at in range(9):
            body = [hardware_loop(6, 0, 5, 3), *[NOP] * 7]
            body.insert(at, special)
            set_up = (i_type(0x13, 0, 20, 0, 3), hardware_loop(7, 1, 20, len(body) + 1))
            if at not in (1, 2, 3, 4):
                agree(*set_up, *body, aligned=True)


@pytest.mark.parametrize("counter", [MCYCLE, MINSTRET, MHPMCOUNTER3])
def test_counters_behind_a_write(counter: int) -> None:
    """A write takes the place of the count in its cycle; stopping and starting count from the next one on."""
    code = [write(MHPMEVENT3, 2), write(MCOUNTINHIBIT, 0), NOP, write(counter, 5), read(5, counter), NOP]
    code += [read(6, counter), write(counter | 0x80, 3), read(7, counter), read(10, counter | 0x80)]
    code += [write(MCOUNTINHIBIT, 13), read(11, counter), NOP, read(12, counter)]
    agree(*code)


@pytest.mark.parametrize("event", [1 << bit for bit in range(11) if bit != 4] + [0x6, 0xC, 0x3E0, 0x7EE])
def test_events(event: int) -> None:
    """mhpmcounter3 counts what mhpmevent3 selects; what is seen in one cycle counts once. Bit 4: fetch misses."""
    use = i_type(0x13, 0, 6, 5, 0)
    code = [*load_immediate(20, event), i_type(SYSTEM, 1, 0, 20, MHPMEVENT3), write(MCOUNTINHIBIT, 5)]
    code += [NOP, LOAD, use, i_type(0x03, 2, 5, 2, 1), i_type(0x13, 0, 5, 0, 1), read(10, MHPMCOUNTER3)]
    code += [
        STORE,
        C_NOP,
        b_type(0x63, 0, 0, 0, 8),
        NOP,
        b_type(0x63, 1, 0, 0, 8),
        j_type(0, 4),
        read(11, MHPMCOUNTER3),
    ]
    code += [
        0x00000F97,
        i_type(0x13, 0, 31, 31, 12),
        i_type(0x67, 0, 0, 31, 0),
        ILLEGAL,
        NOP,
    ]  # jalr behind its register
    code += [read(12, MHPMCOUNTER3), write(MCOUNTINHIBIT, 13), NOP, read(13, MHPMCOUNTER3)]
    agree(*code)
    agree(*code, stall_percent=60)


@pytest.mark.parametrize("between", [[FENCE_I], [FENCE_I, NOP], [NOP] * 4])
def test_code_that_changes_what_comes_next(between: list[int]) -> None:
    """fence.i makes a store seen by the next instruction; without it what lies 16 bytes ahead is new, too."""
    old, new = (i_type(0x13, 0, 5, 0, value) for value in (1, 2))
    store = s_type(0x23, 2, 31, 30, 4 * (4 + len(between)))
    agree(0x00000F97, *load_immediate(30, new), store, *between, old, aligned=True)


def test_loop_registers_may_hold_anything() -> None:
    """Values that are no loop's, with a count, in code that never gets there."""
    code = [*load_immediate(5, 0x9000), i_type(0x13, 0, 6, 0, -4)]
    code += [hardware_loop(1, 0, 5, 0), hardware_loop(3, 0, 6, 0), hardware_loop(5, 0, 6, 0)]
    agree(*code, read(7, 0xCC0), read(10, 0xCC1), read(11, 0xCC2), hardware_loop(4, 0, 0, 0))


@pytest.mark.parametrize("between", [(), (NOP,)], ids=["behind", "one between"])
@pytest.mark.parametrize("stall_percent", [0, 30])
def test_jalr_behind_a_load_that_moves_its_base_on(between: tuple[int, ...], stall_percent: int) -> None:
    """cv.lw t0, (t6), 16; jalr t6: the base comes from EX, and jalr waits for it as for any result."""
    auipc, load = 31 << 7 | 0x17, i_type(CUSTOM_0, 2, 5, 31, 16)
    jalr = i_type(0x67, 0, 0, 31, 4 * len(between))
    agree(auipc, load, *between, jalr, NOP, NOP, aligned=True, stall_percent=stall_percent)

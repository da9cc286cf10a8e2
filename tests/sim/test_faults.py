"""Every fault ends the run, says where and why, and never yields an output."""

import pytest

from isas import XCV, named
from nmcu import targets
from nmcu.codegen.program import Program
from nmcu.errors import NmcuError, SimulationFault
from nmcu.sim import ProgramFault, Trace, simulate
from nmcu.toolchain import build

CLUSTER = targets.get("cluster8")


def fault(body: str, declarations: str = "", max_cycles: int = 200_000, isa: str = "xcv") -> ProgramFault:
    source = (
        f"#include \"nmcu_hal.h\"\n{declarations}\nint main(void) {{ nmcu_putchar('x'); {body} return 0; }}\n"
    )
    image = build(Program(files={"main.c": source}, sources=("main.c",)), CLUSTER, named(isa), opt="-O1")
    with pytest.raises(ProgramFault) as caught:
        simulate(image.elf, CLUSTER, isa=isa, max_cycles=max_cycles)
    assert "\n" not in str(caught.value)
    return caught.value


GROW = "static int grow(int n) { volatile char b[99]; b[0] = (char)n; return n ? grow(n + 1) + b[0] : 0; }"
BROKEN = """__attribute__((noinline)) static int broken(int n) {
    *(volatile int *)0x10020010 = n;
    return n;
}"""
BUFFERS = "#define TO (void *)(uintptr_t)b\nNMCU_L1 static volatile int b[1024]; static int s[1024];"
STORE = "*(volatile uint32_t *){0} = 1;"

CASES = {
    "illegal_instruction": ('__asm__ volatile(".word 0xffffffff");', "", "illegal instruction .word 0xffffffff"),
    "unmapped_address": (STORE.format("0x10020010u"), "", "neither memory nor a register"),
    "misaligned_peripheral": ("(void)*(volatile uint16_t *)0x10200004u;", "", "only allow aligned words"),
    "peripheral_register": (STORE.format("0x1A100040u"), "", "no such register in the host I/O page"),
    "write_to_code": (STORE.format("(uintptr_t)&main"), "int main(void);", "store to the code segment"),
    "fetch_outside_code": ("((void (*)(void))0x10000000u)();", "", "jump to 0x10000000"),
    "stack_overflow": ("return grow(1);", GROW, "below the end of the stack"),
    "deadlock": ("if (nmcu_core_id() == 3) (void)nmcu_register_read(0x102000C0u);", "", "core 3 for event 0"),
    "dma_outside_memory": ("nmcu_dma_start_1d((void *)0x1001fff0u, (void *)0x1c100000u, 64);", "", "its destination"),
    "dma_conflict": ("if (!nmcu_core_id()) { nmcu_dma_start_1d(TO, s, 4096); b[900] = 3; }", BUFFERS, "is writing"),
    "cycle_limit": ("for (;;) __asm__ volatile(\"\");", "", "200000 cycles"),
    "unhandled_trap": ('__asm__ volatile("ecall");', "", "without a trap handler"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_faults(kind: str) -> None:
    body, declarations, words = CASES[kind]
    found = fault(body, declarations)
    assert found.kind == kind
    assert words in str(found)
    assert found.stdout.startswith(b"x")


def test_where_it_happened() -> None:
    found = fault("return broken(7);", BROKEN)
    assert "in broken" in str(found) and "main.c:" in str(found) and f"core {found.core}" in str(found)
    assert any(
        line.startswith(f"> 0x{found.pc:08x}  ") and "sw" in line for line in found.details.splitlines()
    )
    assert "16 bytes after the end of memory l1" in found.details


def test_l3_is_not_for_cores() -> None:
    assert "which only DMA can reach" in str(fault("return *(volatile int *)0x80000000u;"))


def test_deadlock_shows_every_core() -> None:
    found = fault("if (nmcu_core_id() == 5) (void)nmcu_register_read(0x102000C4u);")
    assert "cores 0+1+2+3+4+6+7 at barrier 0 for 5" in str(found)
    assert len(found.details.splitlines()) == 8


def test_dma_into_code() -> None:
    found = fault(
        "nmcu_dma_start_1d((void *)(uintptr_t)&main, b, 16);", "NMCU_L1 static int b[16]; int main(void);"
    )
    assert found.kind == "write_to_code"


def test_core_v_traps_on_a_plain_core() -> None:
    source = '#include "nmcu_hal.h"\nint main(void) { __asm__ volatile(".word 0x9007b52b"); return 0; }'
    image = build(Program(files={"main.c": source}, sources=("main.c",)), CLUSTER, XCV)
    with pytest.raises(ProgramFault, match="illegal instruction"):
        simulate(image.elf, CLUSTER, isa="rv32")


def test_mistakes_of_the_caller() -> None:
    image = build(
        Program(files={"main.c": "int main(void) { return 0; }"}, sources=("main.c",)), CLUSTER, XCV
    )
    with pytest.raises(NmcuError, match="unknown instruction set 'arm'; known: rv32, gmac, xcv, xdec"):
        simulate(image.elf, CLUSTER, isa="arm")
    with pytest.raises(SimulationFault, match="no memory holds 8 bytes at 0x1001fffc"):
        simulate(image.elf, CLUSTER, writes={0x1001FFFC: bytes(8)})
    with pytest.raises(SimulationFault, match="no memory holds 4 bytes at 0x00000000"):
        simulate(image.elf, CLUSTER, reads=[(0, 4)])
    with pytest.raises(NmcuError, match="cannot trace core 8"):
        simulate(image.elf, CLUSTER, trace=Trace(path=None, cores=(8,)))  # type: ignore[arg-type]

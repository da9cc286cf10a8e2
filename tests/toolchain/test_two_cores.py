"""A network for two cores in a program of somebody else: own start-up code, own linker script, run on the simulator."""

from pathlib import Path

import pytest

import firmware
import nmcu
from networks import conv_linear
from nmcu import graph, sim, targets
from nmcu.toolchain.compiler import find_compiler

START = """
    .section .text.start, "ax"
    .globl _start
_start:
    csrr    t0, mhartid
    la      sp, stacks_end
    slli    t0, t0, 12
    sub     sp, sp, t0
    j       entry
"""
SCRIPT = """
ENTRY(_start)
MEMORY { FLASH (rx) : ORIGIN = 0x10000000, LENGTH = 4M  RAM (rw) : ORIGIN = 0x20000000, LENGTH = 512K }
SECTIONS
{
    .text : { *(.text.start) *(.text .text.*) *(.rodata .rodata.* .srodata .srodata.*) } > FLASH
    .data : { *(.data .data.* .sdata .sdata.*) } > RAM
    .bss (NOLOAD) : { bss_start = .; *(.bss .bss.* .sbss .sbss.*); . = ALIGN(16); bss_end = .;
        . += 8192; stacks_end = .; } > RAM
    ASSERT(SIZEOF(.data) == 0, "nothing initialises variables")
}
"""
MAIN = """
#include <one.h>

extern uint32_t bss_start[], bss_end[];
static volatile uint32_t go, gone;
static uint8_t arena[ONE_ARENA_BYTES] __attribute__((aligned(ONE_ALIGNMENT)));
static int8_t scores[ONE_OUTPUT_LOGITS_SIZE] __attribute__((aligned(4)));
static const int8_t image[] __attribute__((aligned(4))) = {%(image)s};
static const int8_t expected[] = {%(expected)s};

void *memcpy(void *to, const void *from, size_t bytes) { return __builtin_memmove(to, from, bytes); }
void *memmove(void *to, const void *from, size_t bytes)
{
    for (volatile size_t i = 0; i < bytes; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
    return to;
}
void *memset(void *to, int value, size_t bytes)
{
    for (volatile size_t i = 0; i < bytes; i++) ((volatile char *)to)[i] = (char)value;
    return to;
}

static int once(void)
{
    const one_input_t in[] = {{image, sizeof image}};
    const one_output_t out[] = {{scores, sizeof scores}};

    return (int)one_run(arena, in, out);
}

void entry(void)
{
    uint32_t hart;
    int code = 0;

    __asm__("csrr %%0, mhartid" : "=r"(hart));
    if (hart == 0) {
        for (volatile uint32_t *word = bss_start; word < bss_end; word++) *word = 0;
        code = one_init(arena, sizeof arena);
        go = 0x600DCAFE;
    }
    while (go != 0x600DCAFE)
        ;
    for (uint32_t run = 1; run <= 3 && hart < ONE_CORES && !code; run++) {
        code = once();
        if (hart == 0) {
            for (unsigned i = 0; i < sizeof scores; i++) {
                if (scores[i] != expected[i]) code = 50;
                scores[i] = 0;
            }
            gone = run;
        }
        while (gone != run)
            ;
    }
    if (hart == 0 || code) *(volatile uint32_t *)0x50300000 = (uint32_t)code;
    for (;;)
        ;
}
"""


@pytest.mark.parametrize("cores", [2, 1])
def test_both_cores_call_it(tmp_path: Path, cores: int) -> None:
    network = conv_linear(zeros_every=8, channels=32)
    feeds = network.border.encode(graph.random_inputs(network, 4))
    expected = graph.reference.run(network, feeds)["scores"]
    numbers = {"image": feeds["image_q"].ravel(), "expected": expected.ravel()}
    library = firmware.write(tmp_path / "one", nmcu.compile(network, "rp2350", name="one").files("cmake"))
    compiler = find_compiler()
    flags = ("-march=rv32imac_zicsr", "-mabi=ilp32", "-mno-relax", "-ffreestanding", "-O2")
    command = (*compiler.cc, *flags, f"-DONE_CORES={cores}")
    built = firmware.objects(library, *command)
    main = MAIN % {name: ", ".join(map(str, values)) for name, values in numbers.items()}
    firmware.write(tmp_path, {"main.c": main, "start.S": START, "link.ld": SCRIPT})
    for source in ("main.c", "start.S"):
        output = str(tmp_path / f"{source}.o")
        firmware.call([*command, f"-I{library / 'src'}", "-c", str(tmp_path / source), "-o", output])
        built.append(Path(output))
    elf = tmp_path / "program.elf"
    script = ("-m", "elf32lriscv", "--no-relax", "-T", str(tmp_path / "link.ld"))
    firmware.call([*compiler.ld, *script, *map(str, built), "-o", str(elf)])
    assert sim.simulate(elf.read_bytes(), targets.get("rp2350"), isa="rv32").exit_code == 0

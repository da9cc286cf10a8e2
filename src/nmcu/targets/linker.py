"""A linker script made from the memories of a chip, for targets that bring none of their own."""

from nmcu.targets.memory import MemoryHierarchy, Role


def script(name: str, memory: MemoryHierarchy, cores: int, stack_bytes: int) -> str:
    """The linker script: code and constants where `memory` says, buffers and stacks in the compute memory.

    Code is a segment that cannot be written, so that a store to it faults. Initialised variables are refused where code
    is in flash: nothing copies them to RAM at the start.
    """
    compute, working = memory.level(Role.COMPUTE), memory.level(Role.WORKING)
    bulk = memory.find(Role.BULK) or working
    code, constants, variables = memory.code, memory.constants, memory.variables
    free = "        __l1_free_start = .;\n"
    regions = "".join(
        f"    {level.name} ({'rw' if level.writable else 'r'}{'x' if level.executable else ''}) "
        f": ORIGIN = {level.base:#010x}, LENGTH = {level.size:#x}\n"
        for level in memory.levels
    )
    copied = ""
    if not code.writable:
        copied = 'ASSERT(SIZEOF(.data) == 0, "initialised variables in RAM: the target needs a link.ld of its own")\n'
    return f"""\
/* {name}: made by nmcu from target.toml. */

ENTRY(_start)

MEMORY
{{
{regions}}}

PHDRS
{{
    text    PT_LOAD FLAGS(5);
    rodata  PT_LOAD FLAGS(4);
    weights PT_LOAD FLAGS(4);
    data    PT_LOAD FLAGS(6);
    l1      PT_LOAD FLAGS(6);
    l2      PT_LOAD FLAGS(6);
    l3      PT_LOAD FLAGS(6);
    bss     PT_LOAD FLAGS(6);
}}

__stack_bytes = {stack_bytes};
__stack_top = {compute.end:#010x};
__stack_bottom = __stack_top - {cores} * __stack_bytes;

SECTIONS
{{
    /* Buffers come before .bss: the first pattern that matches a section takes it, and .bss takes all that is left. */
    .text : ALIGN(16)
    {{
        KEEP(*(.text.start))
        *(.text .text.*)
        . = ALIGN(16);
    }} > {code.name} :text

    .rodata : ALIGN(16)
    {{
        *(.rodata .rodata.* .srodata .srodata.*)
        . = ALIGN(16);
    }} > {code.name} :rodata

    .weights : ALIGN(16)
    {{
        *(.weights .weights.*)
        . = ALIGN(16);
    }} > {constants.name} :weights

    .data : ALIGN(16)
    {{
        *(.data .data.*)
        __global_pointer$ = . + 0x800;
        *(.sdata .sdata.*)
        . = ALIGN(16);
    }} > {variables.name} :data

    .l1 (NOLOAD) : ALIGN(16)
    {{
        *(.bss.nmcu.l1)
        . = ALIGN(16);
{free if variables is not compute and working is not compute else ""}\
    }} > {compute.name} :l1

    .l2 (NOLOAD) : ALIGN(16)
    {{
        *(.bss.nmcu.l2)
        . = ALIGN(16);
    }} > {working.name} :l2

    .l3 : ALIGN(16)
    {{
        *(.l3)
        . = ALIGN(16);
    }} > {bulk.name} :l3

    .l3.buffers (NOLOAD) : ALIGN(16)
    {{
        *(.bss.nmcu.l3)
        . = ALIGN(16);
    }} > {bulk.name} :l3

    .bss (NOLOAD) : ALIGN(16)
    {{
        __bss_start = .;
        *(.bss .bss.* .sbss .sbss.* COMMON)
        . = ALIGN(16);
        __bss_end = .;
{free if variables is compute or working is compute else ""}\
    }} > {variables.name} :bss

    /DISCARD/ : {{ *(.comment .note .note.* .eh_frame .riscv.attributes) }}
}}

__l1_free_end = __stack_bottom;
{copied}ASSERT(__l1_free_start <= __l1_free_end, "code and data overlap the stacks")
"""

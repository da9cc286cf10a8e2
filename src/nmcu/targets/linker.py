"""A linker script made from the memories of a chip, for targets that bring none of their own; and a look at theirs."""

import re
from pathlib import Path

from nmcu.errors import NmcuError
from nmcu.targets.memory import MemoryHierarchy, Role

_REGION = re.compile(
    r"(\w+)[^:\n]*:\s*ORIGIN\s*=\s*(0[xX][0-9a-fA-F]+|\d+)\s*,\s*LENGTH\s*=\s*(0[xX][0-9a-fA-F]+|\d+)([KM]?)"
)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20}


def check_sizes(path: Path, memory: MemoryHierarchy) -> None:
    """Raises `NmcuError` where a memory is larger in a target's own script than in its description: programs would use
    what is not there."""
    for region, origin, length, unit in _REGION.findall(path.read_text(encoding="utf-8")):
        size = int(length, 0) * _UNITS[unit]
        for level in memory.levels:
            if int(origin, 0) == level.base and size > level.size:
                raise NmcuError(
                    f"{path}: {region} has {size:,} bytes, [memory.{level.name}] of target.toml {level.size:,}: give "
                    "both the same size, or remove the script, and one is made from target.toml"
                )


def stack_check(stacks: int) -> str:
    """What the linker checks of a target's own script: that the symbols around the stacks leave them `stacks` bytes."""
    message = f"the stacks in link.ld are smaller than the {stacks:,} bytes of target.toml"
    around = "DEFINED(__stack_top) && DEFINED(__stack_bottom)"
    return f'ASSERT(!({around}) || __stack_top - __stack_bottom >= {stacks}, "{message}")\n'


def script(name: str, memory: MemoryHierarchy, cores: int, stack_bytes: int, start: int = 0) -> str:
    """The linker script: code and constants where `memory` says, buffers and stacks in the compute memory.

    Code is a segment that cannot be written, so that a store to it faults. Initialised variables are refused where code
    is in flash: nothing copies them to RAM at the start. Code begins `start` bytes behind a multiple of 256.
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
    .text : ALIGN({256 if start else 16})
    {{
{f"        . = . + {start};" + chr(10) if start else ""}\
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

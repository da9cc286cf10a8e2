"""Assembly text to ELF files for the `cv32e40p` target, with every CORE-V extension the assembler knows.

Headers of the other extensions can be included.
"""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from isas import named
from nmcu.toolchain.compiler import find_compiler

INCLUDES = tuple(f"-I{folder}" for folder in named("gmac+xdec").include_dirs)
MARCH = "rv32imc_zicsr_zifencei_xcvalu1p0_xcvbi1p0_xcvbitmanip1p0_xcvmac1p0_xcvmem1p0_xcvsimd1p0"
LINK_SCRIPT = """
ENTRY(_start)
PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }
SECTIONS {
  . = BASE; .text : { *(.text) } :text
  . = ALIGN(4096); .data : { *(.data) } :data
  .bss : { *(.bss) } :data
}
"""


@cache
def assemble(text: str, base: int = 0) -> bytes:
    """The ELF file of `text`, whose code starts at `base`; its data follows in a writable segment."""
    compiler = find_compiler()
    with tempfile.TemporaryDirectory() as folder:
        source, obj, elf, script = (Path(folder) / f"t.{end}" for end in ("S", "o", "elf", "ld"))
        source.write_text(text)
        script.write_text(LINK_SCRIPT.replace("BASE", hex(base)))
        flags = (f"-march={MARCH}", "-mabi=ilp32", *INCLUDES)
        subprocess.run([*compiler.cc, *flags, "-c", str(source), "-o", str(obj)], check=True)
        link = ["-m", "elf32lriscv", "-T", str(script), "--no-relax", str(obj), "-o", str(elf)]
        subprocess.run([*compiler.ld, *link], check=True)
        return elf.read_bytes()

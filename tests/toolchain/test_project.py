"""The C project stands alone: make builds it, into the same program."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from isas import XCV, named
from nmcu import targets
from nmcu.codegen.program import Program
from nmcu.errors import ToolchainError
from nmcu.toolchain import build, project_files
from nmcu.toolchain.build import RUNTIME_DIR

CLUSTER = targets.get("cluster8")
PROGRAM = Program(
    files={
        "main.c": '#include <string.h>\n#include "data.h"\n#include "nmcu_hal.h"\n'
        "int main(void) { nmcu_putchar('A' + VALUE); return (int)memcmp(data, data + nmcu_core_id(), 3); }",
        "data.h": "extern const char data[];\n",
        "data.S": '.section .weights,"a"\n.globl data\ndata: .incbin "data.bin"\n',
        "data.bin": b"123412341234",
    },
    sources=("main.c", "data.S"),
    library=(RUNTIME_DIR / "memcpy.c",),
    defines={"VALUE": "2"},
)


@pytest.mark.parametrize("isa", ["rv32", "xcv"])
def test_make_builds_the_same_program(tmp_path: Path, isa: str) -> None:
    program = Program(**{**vars(PROGRAM), "library": ()})
    for name, content in project_files(program, CLUSTER, named(isa)).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    result = subprocess.run(
        ["make", f"PYTHON={sys.executable}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    wanted = build(program, CLUSTER, named(isa)).elf
    assert _contents((tmp_path / "program.elf").read_bytes()) == _contents(wanted)


def _contents(elf: bytes) -> list[bytes]:
    return [ELFFile(BytesIO(elf)).get_section_by_name(name).data() for name in (".text", ".weights")]


def test_readme_says_where_the_library_is() -> None:
    files = project_files(PROGRAM, CLUSTER, XCV)
    assert {"main.c", "data.h", "Makefile", "README.md", "nmcu/toolchain/runtime/memcpy.c"} <= set(files)
    assert b"`main.c`, `data.S`" in files["README.md"]


def test_library_files_come_from_the_package(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="outside the package"):
        project_files(Program(files={}, sources=(), library=(tmp_path / "x.c",)), CLUSTER, XCV)

"""Building programs: what comes out, what is cached, how failures read."""

import shlex
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from isas import CORE_V_TARGETS, RV32, XCV, XDEC
from nmcu import cache, targets
from nmcu.codegen.program import Program
from nmcu.errors import ToolchainError
from nmcu.isa import InstructionSet
from nmcu.targets import Target
from nmcu.toolchain import build, compiler, find_compiler
from toolchain.workers import code_bytes

CLUSTER = targets.get("cluster8")
EVERYWHERE = """
#include "nmcu_hal.h"
int8_t fast[1000] NMCU_L1;
int8_t big[5000] NMCU_L2;
int8_t far_buffer[3000] NMCU_L3_BUFFER;
const int8_t far_data[100] NMCU_L3 = {1, 2};
const int8_t weights[200] NMCU_WEIGHTS = {3, 4};
static int zeros[10];
int counter = 7;
int main(void)
{
    uint32_t i = nmcu_core_id();
    nmcu_dma_wait(nmcu_dma_start_1d(fast, weights + i + counter, 100));
    nmcu_l3_wait(nmcu_l3_start_2d(big, far_data + i + counter, 10, 2, 20, 30));
    nmcu_l3_wait(nmcu_l3_start_1d(far_buffer, big, 10));
    zeros[i] = fast[i] + big[i];
    return counter++ + zeros[i];
}
"""


@pytest.fixture(autouse=True)
def private_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("NMCU_CACHE", str(folder))
    return folder


def _main(text: str, **more: object) -> Program:
    return Program(files={"main.c": text}, sources=("main.c",), **more)  # type: ignore[arg-type]


def _memory_of(target: Target, address: int) -> str:
    return next(m.name for m in target.memory.levels if m.base <= address < m.end)


@pytest.mark.parametrize("isa", [RV32, XCV, XDEC])
@pytest.mark.parametrize("name", CORE_V_TARGETS)
def test_sections_go_where_the_target_says(name: str, isa: InstructionSet) -> None:
    target = targets.get(name)
    image = build(_main(EVERYWHERE), target, isa)
    flat = name == "cv32e40p"
    places = {
        symbol: _memory_of(target, image.symbols[symbol]) for symbol in ("main", "fast", "big", "weights")
    }
    assert places == {
        "main": "ram" if flat else "l2",
        "fast": "ram" if flat else "l1",
        "big": "ext" if flat else "l2",
        "weights": "ext" if flat else "l2",
    }
    assert _memory_of(target, image.symbols["far_data"]) == ("ext" if flat else "l3")
    assert image.symbols["__l1_free_end"] - image.symbols["__l1_free_start"] > 100_000
    assert 0 < image.code_bytes < 2000
    assert (image.target.name, image.isa) == (name, isa)


def test_code_cannot_be_written_and_nothing_else_runs() -> None:
    elf = ELFFile(BytesIO(build(_main(EVERYWHERE), CLUSTER, XCV).elf))
    loads = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"]
    assert sum(bool(s["p_flags"] & 1) for s in loads) == 1
    assert all(s["p_flags"] & 3 != 3 for s in loads)
    assert [s["p_paddr"] for s in loads] == sorted(s["p_paddr"] for s in loads)


def test_same_program_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = build(_main(EVERYWHERE), CLUSTER, XCV).elf
    monkeypatch.setenv("NMCU_CACHE", str(tmp_path / "another"))
    assert build(_main(EVERYWHERE), CLUSTER, XCV).elf == first
    assert str(tmp_path).encode() not in first


def test_second_build_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = build(_main(EVERYWHERE), CLUSTER, XCV)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the compiler was called")

    monkeypatch.setattr("subprocess.run", refuse)
    assert build(_main(EVERYWHERE), CLUSTER, XCV).elf == first.elf


def test_a_changed_header_is_noticed() -> None:
    def program(value: int) -> Program:
        files = {
            "main.c": '#include "value.h"\nint main(void) { return VALUE; }',
            "value.h": f"#define VALUE {value}\n",
        }
        return Program(files=files, sources=("main.c",))

    assert build(program(1), CLUSTER, XCV).elf != build(program(2), CLUSTER, XCV).elf


def test_changed_binary_data_is_noticed() -> None:
    def program(data: bytes) -> Program:
        table = '.section .weights,"a"\n.globl table\ntable: .incbin "table.bin"\n'
        main = "extern const char table[];\nint main(void) { return table[0]; }"
        files = {"main.c": main, "table.S": table, "table.bin": data}
        return Program(files=files, sources=("main.c", "table.S"))

    first, second = build(program(b"abc" * 100), CLUSTER, XCV), build(program(b"abd" * 100), CLUSTER, XCV)
    assert first.elf != second.elf
    assert first.sections[".weights"] == 304


def test_defines_and_opt_reach_the_compiler() -> None:
    source = _main("int main(void) { return VALUE; }", defines={"VALUE": "3"})
    assert build(source, CLUSTER, XCV).elf != build(source, CLUSTER, XCV, defines={"VALUE": "4"}).elf
    assert build(source, CLUSTER, XCV, opt="-O0").code_bytes > build(source, CLUSTER, XCV).code_bytes


@pytest.mark.parametrize("isa", [XCV, XDEC])
def test_assembly_may_use_every_core_v_extension(isa: InstructionSet) -> None:
    program = Program(
        files={
            "main.c": "int bits(int); int main(void) { return bits(1); }",
            "bits.S": ".globl bits\n.text\nbits: cv.fl1 a0, a0\n cv.sdotsp.b a0, a0, a0\n ret\n",
        },
        sources=("main.c", "bits.S"),
    )
    assert "bits" in build(program, CLUSTER, isa).symbols
    with pytest.raises(ToolchainError, match=r"cannot compile bits\.S"):
        build(program, CLUSTER, RV32)


def test_first_diagnostic_in_one_sentence_and_the_whole_log() -> None:
    with pytest.raises(ToolchainError) as caught:
        build(_main("int main(void) {\n  int used = nothing;\n  return other;\n}"), CLUSTER, XCV)
    message = str(caught.value)
    assert message.startswith("cannot compile main.c: main.c:")
    assert "\n" not in message
    assert "other" in caught.value.log and "nothing" in caught.value.log


def test_undefined_symbol_is_named() -> None:
    with pytest.raises(
        ToolchainError, match=r"cannot link the program for cluster8: .*undefined symbol: missing"
    ):
        build(_main("int missing(void);\nint main(void) { return missing(); }"), CLUSTER, XCV)


def test_what_does_not_fit_is_refused() -> None:
    source = '#include "nmcu_hal.h"\nint8_t x[200000] NMCU_L1;\nint main(void) { return x[nmcu_core_id()]; }'
    with pytest.raises(ToolchainError, match="its memory l1 is 68,928 bytes too small"):
        build(_main(source), CLUSTER, XCV)


@pytest.mark.parametrize("name", ["../evil.c", "a/b.c", "", ".hidden.c", "a\nb.c"])
def test_only_plain_file_names_are_written(name: str) -> None:
    with pytest.raises(ToolchainError, match="not a plain file name"):
        build(Program(files={name: ""}, sources=()), CLUSTER, XCV)


def test_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NMCU_CC", "no-such-compiler --fast")
    with pytest.raises(ToolchainError, match="'no-such-compiler'"):
        find_compiler()


def test_variables_that_bring_in_files_are_not_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "unseen.h").write_text("#define VALUE 1\n")
    monkeypatch.setenv("CPATH", str(tmp_path))
    with pytest.raises(ToolchainError, match=r"'unseen\.h' file not found"):
        build(_main('#include "unseen.h"\nint main(void) { return VALUE; }'), CLUSTER, XCV)


def test_the_first_folder_with_a_header_counts(tmp_path: Path) -> None:
    for name, value in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "value.h").write_text(f"#define VALUE {value}\n")
    source = _main('#include "value.h"\nint main(void) { return VALUE; }')
    folders = (tmp_path / "a", tmp_path / "b")
    assert (
        build(source, CLUSTER, XCV, include_dirs=folders).elf
        != build(source, CLUSTER, XCV, include_dirs=folders[::-1]).elf
    )


def test_another_file_under_a_compilers_name_is_another_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = find_compiler()
    monkeypatch.setenv("NMCU_LD", " ".join(bundled.ld))
    command = tmp_path / "clang"
    identities = set()
    for comment in ("", "# newer\n"):
        command.write_text(f'#!/bin/sh\n{comment}exec {shlex.join(bundled.cc[:2])} "$@"\n')
        command.chmod(0o755)
        compiler._named.cache_clear()
        identities.add(find_compiler(str(command)).identity)
    assert len(identities) == 2


def test_a_named_compiler_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = find_compiler()
    monkeypatch.setenv("NMCU_LD", " ".join(bundled.ld))
    named = find_compiler(" ".join((bundled.cc[0], "clang", *bundled.cc[3:])))
    assert named.identity != bundled.identity
    assert build(_main(EVERYWHERE), CLUSTER, XCV, compiler=named).code_bytes > 0


def test_parallel_processes_share_the_cache() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(code_bytes, range(6)))) == 1
    assert not list(cache.folder().rglob(".nmcu-*"))


def test_cache_that_cannot_be_written_only_costs_speed(private_cache: Path) -> None:
    private_cache.write_text("a file, not a folder")
    assert build(_main(EVERYWHERE), CLUSTER, XCV).code_bytes > 0

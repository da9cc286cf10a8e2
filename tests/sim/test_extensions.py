"""Extensions from outside the package: one folder each, a simulator built once, any combination."""

import struct
from pathlib import Path

import pytest

from isas import named
from nmcu import targets
from nmcu.errors import NmcuError, ToolchainError
from nmcu.isa import Extension, InstructionSet
from nmcu.sim import CoreStats, DmaStats, MemoryStats, ProgramFault, RegionStats, Trace, native, simulate
from nmcu.sim.build import library_for
from nmcu.sim.machine import setup_text
from sim.assembly import assemble

FOLDER = Path(__file__).parent / "extensions" / "xmix"
XMIX = Extension.load(FOLDER)
ALONE = InstructionSet.of([XMIX])
ALL = InstructionSet.of([XMIX, *named("xdec").extensions])
FLAT = targets.get("cv32e40p")
DATA, RESULTS = 0x8000_0000, 0x8010_0000
MIX = ".insn i 0x77, 6, {rd}, {rs1}, {imm}"
COMPUTE = [
    "li a1, 5",
    MIX.format(rd="a0", rs1="a1", imm=-2),  # 7 * 31 + 3 = 220
    "sw a0, 0(s1)",
    "csrr a2, 0x7d0",
    "sw a2, 4(s1)",
    "csrw 0x7d0, a1",
    MIX.format(rd="a0", rs1="zero", imm=1),  # 5 * 31 + 1 = 156
    "sw a0, 8(s1)",
]
EXPECTED = (220, 220, 156)


def program(body: list[str]) -> bytes:
    lines = [".option norelax", ".globl _start", "_start:", f"li s1, {RESULTS}", f"li s2, {DATA}", *body]
    lines += ["li t0, 0x1a100000", "sw zero, 0(t0)", "8: j 8b", ""]
    return assemble("\n".join(lines))


def run(body: list[str], isa: InstructionSet | str, count: int) -> tuple[int, ...]:
    result = simulate(
        program(body), FLAT, isa=isa, writes={DATA: bytes(range(64))}, reads=[(RESULTS, 4 * count)]
    )
    return struct.unpack(f"<{count}I", result.memory[0])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("isa", [ALONE, ALL], ids=str)
def test_an_extension_of_ones_own_runs(isa: InstructionSet) -> None:
    assert run(COMPUTE, isa, 3) == EXPECTED


@pytest.mark.timeout(600)
def test_it_combines_with_those_of_the_package() -> None:
    body = [
        *COMPUTE,
        "li a1, 0x3210",
        "li a0, 0",
        "csrwi 0x7c0, 0",
        ".insn r 0x2b, 5, 1, a0, s2, a1",  # nm.dec.m8: byte 0
        ".insn r 0x2b, 5, 1, a0, s2, a1",  # byte 8 + 1
        "csrr a3, 0x7c0",
        "cv.mac a0, a3, a3",
        "sw a0, 12(s1)",
    ]
    assert run(body, ALL, 4) == (*EXPECTED, (9 << 8) + 4)
    with pytest.raises(ProgramFault, match="illegal instruction csrrwi zero, xdec"):
        run(body, ALONE, 4)


@pytest.mark.timeout(600)
def test_cycles_and_statistics_follow_from_the_row() -> None:
    result = simulate(program(COMPUTE), FLAT, isa=ALONE)
    assert result.histogram["my.mix"] == 2
    assert result.cores[0].stalls["multi_cycle"] == 2
    assert result.cycles == result.instructions + 2


@pytest.mark.timeout(600)
@pytest.mark.parametrize("isa", ["rv32", "xcv", "xdec"])
def test_a_core_without_it_traps(isa: str) -> None:
    for line in (MIX.format(rd="a0", rs1="a1", imm=0), "csrr a2, 0x7d0"):
        with pytest.raises(ProgramFault) as caught:
            run([line], isa, 1)
        assert caught.value.kind == "illegal_instruction"


@pytest.mark.timeout(600)
def test_a_simulator_that_knows_it_traps_too_where_the_core_lacks_it() -> None:
    library = library_for(ALONE)
    setup = setup_text(FLAT, ["xcv"], library.fields)
    with library.open(setup, program([MIX.format(rd="a0", rs1="a1", imm=-1)])) as machine:
        assert machine.run(1000, 1000)
        assert "illegal instruction my.mix a0, a1, -1" in machine.report()["fault"]["detail"]


@pytest.mark.timeout(600)
def test_traces_show_its_state(tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    simulate(program(COMPUTE), FLAT, isa=ALONE, trace=Trace(path))
    lines = [line for line in path.read_text().splitlines() if "my.mix" in line or "mixacc" in line]
    assert "my.mix a0, a1, -2  # a0 = 0x000000dc, mixacc = 0x000000dc" in lines[0]
    assert "csrrs a2, mixacc, zero  # a2 = 0x000000dc" in lines[1]
    assert "csrrw zero, mixacc, a1  # mixacc = 0x00000005" in lines[2]


def test_without_a_compiler_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "extension.toml",
        "instructions.def",
        "formats.inc",
        "handlers.inc",
        "state.hpp",
        "csrs.def",
    ):
        (tmp_path / name).write_text((FOLDER / name).read_text().replace("xmix", "xlonely"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(ToolchainError) as caught:
        simulate(program(COMPUTE), FLAT, isa=InstructionSet.of([Extension.load(tmp_path)]))
    assert str(caught.value) == (
        "the simulator of the extension xlonely needs a C++20 compiler: install g++ or clang++, or name one in CXX"
    )


def test_a_compilers_complaint_is_one_sentence_that_names_the_row(tmp_path: Path) -> None:
    (tmp_path / "extension.toml").write_text(
        'name = "xbroken"\ntitle = "."\n[simulator]\ninstructions = ["rows.def"]\n'
    )
    row = 'INSN(my_bad, "0000000 bbbbb aaaaa 110 ddddd 1110111", R, "my.bad rd, rs1, rs2", 1, RD = nothing(RS1))\n'
    (tmp_path / "rows.def").write_text(row)
    words = r"^the simulator of the extension xbroken does not compile: .*rows\.def:1:.*nothing.*$"
    with pytest.raises(ToolchainError, match=words):
        library_for(InstructionSet.of([Extension.load(tmp_path)]))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            "my_bad, '000000 bbbbb aaaaa 110 ddddd 1110111'",
            "the encoding of my_bad has 31 bits; 32 are needed",
        ),
        (
            "nm_dec_4, '0000000 bbbbb aaaaa 110 ddddd 1110111'",
            "nm_dec_4 is an instruction of xdec too; give one",
        ),
    ],
)
def test_a_row_that_cannot_be_is_a_sentence_before_it_is_compiled(
    tmp_path: Path, row: str, says: str
) -> None:
    (tmp_path / "extension.toml").write_text(
        'name = "xbroken"\ntitle = "."\n[simulator]\ninstructions = ["rows.def"]\n'
    )
    row = row.replace("'", '"')
    (tmp_path / "rows.def").write_text(f'// A row.\nINSN({row}, R, "my.bad rd, rs1, rs2", 1, RD = RS1)\n')
    with pytest.raises(NmcuError, match=rf"rows\.def:2: {says}"):
        library_for(InstructionSet.of([Extension.load(tmp_path)]))


def test_what_it_requires_must_be_there() -> None:
    with pytest.raises(NmcuError, match="'xdec' requires 'xcv', which is not installed"):
        InstructionSet.of([e for e in named("xdec").extensions if e.name == "xdec"])


def test_statistics_have_the_names_that_the_simulator_reports() -> None:
    fields = native.built_in().fields
    for key, kind in (
        ("core", CoreStats),
        ("region", RegionStats),
        ("dma", DmaStats),
        ("memory", MemoryStats),
    ):
        assert tuple(kind.__dataclass_fields__) == fields[key]

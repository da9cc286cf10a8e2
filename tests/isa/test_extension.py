"""What `extension.toml` says, and that a mistake in it names the file."""

from pathlib import Path

import pytest

from isas import named
from nmcu.errors import NmcuError
from nmcu.isa import Extension, InstructionSet


def _load(folder: Path, text: str) -> Extension:
    (folder / "extension.toml").write_text(f'name = "mine"\ntitle = "mine"\n{text}')
    return Extension.load(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('march = "xcvalu"', "march is 'xcvalu'; it is appended to -march=rv32imc_zicsr"),
        ('march_assembly = "_Zba"', "march_assembly is '_Zba'"),
        ('march = "_zba -O3"', "march is '_zba -O3'"),
        ('defines = ["HAVE MINE"]', "defines has 'HAVE MINE'; a macro's name has letters"),
        ('defines = ["MINE=2"]', "defines has 'MINE=2'.* and no value: it is 1"),
        ('defines = [""]', "defines has ''"),
    ],
)
def test_what_a_compiler_would_complain_of_names_the_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(NmcuError, match=rf"extension\.toml: {words}"):
        _load(tmp_path, text)


@pytest.mark.parametrize("name", ["class", "xor", "linux", "base"])
def test_a_name_that_is_a_word_of_cpp_is_refused(tmp_path: Path, name: str) -> None:
    """The name becomes a namespace: the compiler's complaint about that would not speak of extensions."""
    (tmp_path / "extension.toml").write_text(f'name = "{name}"\ntitle = "."\n')
    with pytest.raises(NmcuError, match=rf"extension\.toml: an extension cannot be called '{name}'"):
        Extension.load(tmp_path)


def _with_row(folder: Path, name: str, pattern: str = "", csr: str = "") -> Extension:
    folder.mkdir()
    tables = 'instructions = ["rows.def"]\n' + ('csrs = "csrs.def"\n' if csr else "")
    (folder / "extension.toml").write_text(f'name = "{name}"\ntitle = "."\n[simulator]\n{tables}')
    row = f'INSN({name}_it, "{pattern}", R, "{name} rd, rs1, rs2", 1, RD = RS1)\n' if pattern else ""
    (folder / "rows.def").write_text("// A row.\n" + row)
    (folder / "csrs.def").write_text(f"CSR({csr}, {name}, STATE.{name}, ~0u, false)\n" if csr else "")
    return Extension.load(folder)


def test_extensions_that_no_core_can_have_together_are_no_set(tmp_path: Path) -> None:
    """Where the set is formed: nothing is compiled, neither a program nor a simulator."""
    any_funct7 = _with_row(tmp_path / "a", "wide", "ccccccc bbbbb aaaaa 110 ddddd 1110111")
    one_funct7 = _with_row(tmp_path / "b", "narrow", "0000001 bbbbb aaaaa 110 ddddd 1110111")
    other = _with_row(tmp_path / "c", "other", "0000001 bbbbb aaaaa 111 ddddd 1110111", csr="0x7d0")
    taken = _with_row(tmp_path / "d", "taken", csr="2000")
    known = {e.name: e for e in (any_funct7, one_funct7, other, taken)}
    assert InstructionSet.parse("wide+other", known).name == "other+wide"
    with pytest.raises(
        NmcuError, match=r"b/rows\.def:2: .* wide_it of wide and narrow_it of narrow share an encoding"
    ):
        InstructionSet.parse("wide+narrow", known)
    with pytest.raises(NmcuError, match="the extensions other and taken both have the CSR 0x7d0"):
        InstructionSet.parse("other+taken", known)


def test_an_extension_that_takes_the_bases_encoding_is_no_set(tmp_path: Path) -> None:
    mul = _with_row(tmp_path / "a", "mine", "0000001 bbbbb aaaaa 000 ddddd 0110011")
    with pytest.raises(NmcuError, match="mul of the base and mine_it of mine share an encoding"):
        InstructionSet.parse("mine", {"mine": mul})
    counter = _with_row(tmp_path / "b", "other", csr="0xb00")
    with pytest.raises(NmcuError, match="the base and other both have the CSR 0xb00"):
        InstructionSet.parse("other", {"other": counter})


def test_headers_of_an_extension_are_found() -> None:
    assert [path.name for folder in named("xdec").include_dirs for path in folder.iterdir()] == [
        "nmcu_xdec.h"
    ]
    assert named("xcv").include_dirs == ()


def test_a_missing_folder_of_headers_is_named(tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"extension\.toml: there is no folder include beside it"):
        _load(tmp_path, 'include = "include"\n')
    (tmp_path / "include").mkdir()
    assert _load(tmp_path, 'include = "include"\n').include == tmp_path / "include"


@pytest.mark.parametrize("name", ["x" * 5000, "x\\u0000y"])
def test_a_name_that_no_file_can_have_is_a_missing_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"extension\.toml: there is no file x"):
        _load(tmp_path, f'[simulator]\ninstructions = ["{name}"]\n')


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000])
def test_absurd_toml_names_the_file(value: str, tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"extension\.toml is not valid TOML"):
        _load(tmp_path, f"march = {value}\n")

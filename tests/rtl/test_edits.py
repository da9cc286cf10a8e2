"""Edits read from a file fit the pinned core, one extension's and several's, and say so where they do not."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from isas import named
from nmcu import cores
from nmcu.isa import Extension, InstructionSet
from nmcu.rtl import core_sources, edits
from nmcu.rtl.edits import Edit, apply_all
from nmcu.rtl.errors import RtlError

CORE = "cv32e40p_core.sv"
# SystemVerilog of the core by instruction set, file names and texts: no step may change it unseen.
TEXTS = {
    "rv32": "0a29ac7371c331d7",
    "xcv": "0a29ac7371c331d7",
    "xdec": "89e12ce336cb3d59",
    "gmac": "52976bee81d41ac1",
    "gmac+xdec": "5ca5afe659cc178c",
}


def _extension(folder: Path, name: str, edits_text: str = "", unit: str = "", rtl: bool = True) -> Extension:
    """An extension in a folder of its own, outside the package."""
    folder = folder / name
    folder.mkdir()
    lines = [f'name = "{name}"', f'title = "{name}"', *(["[rtl]"] if rtl else [])]
    if edits_text:
        (folder / "edits.toml").write_text(edits_text)
        lines.append('edits = "edits.toml"')
    if unit:
        (folder / unit).write_text(f"module {Path(unit).stem};\nendmodule\n")
        lines.append(f'units = ["{unit}"]')
    (folder / "extension.toml").write_text("\n".join(lines) + "\n")
    return Extension.load(folder)


def _edit(anchor: str, text: str, where: str = "after", file: str = CORE) -> str:
    return f"[[edit]]\nfile = '{file}'\nwhere = '{where}'\nanchor = '{anchor}'\ntext = '{text}'\n"


@pytest.mark.parametrize("name", TEXTS)
def test_the_texts_are_known(name: str) -> None:
    parts = [part for item in core_sources.sources(named(name)).items() for part in item]
    assert hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16] == TEXTS[name]


@pytest.mark.parametrize(("name", "files", "lines"), [("xdec", 4, 90), ("gmac", 6, 140)])
def test_the_core_is_changed_in_few_places(name: str, files: int, lines: int) -> None:
    before, after = core_sources.sources(named("xcv")), core_sources.sources(named(name))
    changed = {file for file in before if before[file] != after[file]}
    assert changed == core_sources.edited_files(named(name))
    assert len(changed) == files
    extension = named(name).extensions[-1]
    assert extension.rtl is not None and extension.rtl.edits is not None
    added = sum(edit.text.count("\n") for edit in edits.read(extension.rtl.edits))
    assert added < lines, "the edits are meant to stay small: move logic into a unit of its own"


def test_own_units_come_before_the_core() -> None:
    names = list(core_sources.sources(named("xdec")))
    assert names.index("nmcu_xdec_counter.sv") < names.index("cv32e40p_core.sv")
    assert names.index("cv32e40p_pkg.sv") < names.index("nmcu_xdec_counter.sv")


def test_extensions_that_are_not_nested_combine(tmp_path: Path) -> None:
    """A CSR of an extension outside the package beside xDecimate's: both edit the same line."""
    mine = _extension(tmp_path, "mine", _edit("      .csr_rdata_i (csr_rdata", " | my_rdata"), "mine_csr.sv")
    for order in ((*named("xdec").extensions, mine), (mine, *named("xdec").extensions)):
        texts = core_sources.sources(InstructionSet(order))
        assert {"mine_csr.sv", "nmcu_xdec_counter.sv"} <= texts.keys()
        line = next(line for line in texts[CORE].splitlines() if ".csr_rdata_i (" in line)
        assert "my_rdata" in line and "xdec_csr_rdata" in line
        assert "xdec_addend" in texts[CORE]


def test_a_clash_names_both_extensions(tmp_path: Path) -> None:
    anchor = "  // Tracer signal"
    one = _extension(tmp_path, "one", _edit(anchor, "  // mine", "replace"), "unit.sv")
    two = _extension(tmp_path, "two", _edit(anchor, "  // also mine", "before"))
    other = _extension(tmp_path, "other", unit="unit.sv")
    with pytest.raises(RtlError, match=r"'one' and 'two' cannot be in one core: .* occurs 0 times"):
        core_sources.sources(InstructionSet((one, two)))
    assert "// also mine" in core_sources.sources(InstructionSet((two, other)))[CORE]
    with pytest.raises(RtlError, match=r"'other' has a unit unit\.sv, and so has the extension 'one'"):
        core_sources.sources(InstructionSet((one, other)))


def test_an_extension_without_hardware(tmp_path: Path) -> None:
    soft = _extension(tmp_path, "soft", rtl=False)
    with pytest.raises(RtlError, match=r"'soft' has no hardware: .*extension\.toml has no table \[rtl\]"):
        core_sources.sources(InstructionSet((soft,)))


def test_a_missing_or_repeated_anchor_is_an_error() -> None:
    edit = Edit("a.sv", "before", "anchor\n", "new\n")
    assert apply_all({"a.sv": "x\nanchor\n"}, {"mine": (edit,)}) == {"a.sv": "x\nnew\nanchor\n"}
    for text, times in (("x\n", 0), ("anchor\nanchor\n", 2)):
        with pytest.raises(RtlError, match=rf"occurs {times} times, .* the extension 'mine' do not fit"):
            apply_all({"a.sv": text}, {"mine": (edit,)})
    with pytest.raises(RtlError, match=r"the extension 'mine' edits a\.sv, which is no file of"):
        apply_all({}, {"mine": (edit,)})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("edit = 3", "edit is no list of tables"),
        ("edits = []", "unknown key 'edits'"),
        ("[[edit]]\nfile = ", "is not valid TOML"),
        ("[[edit]]\nfile = 'a.sv'\nwhere = 'after'\nanchor = 'x'", "edit 1: text is None; a text is needed"),
        (
            _edit("x", "y") + _edit("x", "y", "under"),
            "edit 2: where is 'under'; known: before, after, replace",
        ),
        (_edit("", "y"), "edit 1: anchor is empty"),
        (_edit("x", "y") + "line = 3", "edit 1: unknown key 'line'; known: file, where, anchor, text"),
    ],
)
def test_mistakes_in_the_file_name_it(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "edits.toml"
    path.write_text(text)
    with pytest.raises(RtlError, match=message) as caught:
        edits.read(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(RtlError, match="cannot read the edits"):
        edits.read(tmp_path / "edits.toml")


def test_another_version_of_the_core_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    core = cores.get("cv32e40p")
    assert core.rtl
    other = replace(core, rtl=replace(core.rtl, sha256="0" * 64))
    monkeypatch.setattr(cores, "get", lambda name: other)
    with pytest.raises(RtlError, match=r"is not that of pythondata_cpu_cv32e40p 1\.0\.1\.post1909"):
        core_sources.sources(named("xdec"))


def test_a_missing_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    core = cores.get("cv32e40p")
    assert core.rtl
    other = replace(core, rtl=replace(core.rtl, package="no_such_package"))
    monkeypatch.setattr(cores, "get", lambda name: other)
    with pytest.raises(RtlError, match=r"pip install 'nmcu\[rtl\]'"):
        core_sources.sources(named("xcv"))

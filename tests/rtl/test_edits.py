"""The edits fit the pinned core, and say so where they do not."""

import pytest

from nmcu.rtl import core_sources
from nmcu.rtl.edits import XDEC, Edit, apply_all
from nmcu.rtl.errors import RtlError


def test_every_edit_changes_the_pinned_core() -> None:
    before, after = core_sources.sources(xdec=False), core_sources.sources(xdec=True)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {edit.file for edit in XDEC}
    assert len(changed) == 4
    added = sum(edit.text.count("\n") for edit in XDEC)
    assert added < 90, "the edits are meant to stay small: move logic into a unit of its own"


def test_own_units_come_before_the_core() -> None:
    names = list(core_sources.sources(xdec=True))
    assert names.index("nmcu_xdec_counter.sv") < names.index("cv32e40p_core.sv")
    assert names.index("cv32e40p_pkg.sv") < names.index("nmcu_xdec_counter.sv")


def test_a_missing_or_repeated_anchor_is_an_error() -> None:
    edit = Edit("a.sv", "before", "anchor\n", "new\n")
    assert apply_all({"a.sv": "x\nanchor\n"}, (edit,)) == {"a.sv": "x\nnew\nanchor\n"}
    for text, times in (("x\n", 0), ("anchor\nanchor\n", 2)):
        with pytest.raises(RtlError, match=f"occurs {times} times, expected once"):
            edit.apply(text)
    with pytest.raises(RtlError, match=r"has no file a\.sv"):
        apply_all({}, (edit,))


def test_another_version_of_the_core_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_sources, "SHA256", "0" * 64)
    with pytest.raises(RtlError, match=r"is not that of pythondata_cpu_cv32e40p 1\.0\.1\.post1909"):
        core_sources.sources(xdec=True)


def test_a_missing_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_sources, "PACKAGE", "no_such_package")
    with pytest.raises(RtlError, match=r"pip install 'nmcu\[rtl\]'"):
        core_sources.sources(xdec=False)

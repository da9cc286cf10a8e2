"""Result folders: whole or not at all, and no name escapes them."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmcu.errors import NmcuError
from nmcu.report import file_names, write_folder


def test_folder_and_its_parents_are_created(tmp_path: Path) -> None:
    write_folder(tmp_path / "a" / "b", {"x.txt": b"1", "sub/y.txt": b"2"})
    assert (tmp_path / "a/b/sub/y.txt").read_bytes() == b"2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]


def test_what_was_written_before_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    write_folder(tmp_path, {"sub/old.txt": b"old", "x.txt": b"1", "plan.json": b"{}"})
    write_folder(tmp_path, {"sub/new.txt": b"new", "x.txt": b"2"})
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert found == ["mine.txt", "plan.json", "sub/new.txt", "x.txt"]
    assert (tmp_path / "x.txt").read_bytes() == b"2"


def test_a_strangers_files_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("precious")
    with pytest.raises(NmcuError, match="has Makefile already, which nmcu did not write"):
        write_folder(tmp_path, {"Makefile": b"ours", "main.c": b"", "plan.json": b"{}"})
    assert [p.name for p in tmp_path.iterdir()] == ["Makefile"]
    assert (tmp_path / "Makefile").read_text() == "precious"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(NmcuError, match="it is a file"):
        write_folder(tmp_path / "out", {"x": b""})


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match="cannot write"):
        write_folder(tmp_path / "new", {"fine.txt": b"", "x" * 300: b""})
    assert list(tmp_path.iterdir()) == []


def test_failure_while_replacing_puts_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {"a.txt": b"a", "plan.json": b"{}", "sub/old.txt": b"old"}
    write_folder(tmp_path, before)
    move = shutil.move

    def fails(source: Path, target: Path) -> None:
        if source == tmp_path / "sub":
            raise PermissionError(13, "Permission denied")
        move(source, target)

    monkeypatch.setattr(shutil, "move", fails)
    with pytest.raises(NmcuError, match="Permission denied"):
        write_folder(tmp_path, {"a.txt": b"new", "plan.json": b"[]", "sub/new.txt": b"new"})
    assert {
        str(f.relative_to(tmp_path)): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()
    } == before


@given(st.lists(st.text(min_size=0, max_size=20), unique=True, max_size=10))
def test_file_names_are_plain_and_distinct(names: list[str]) -> None:
    files = file_names(names, ".npy")
    assert list(files) == names
    assert len({f.lower() for f in files.values()}) == len(names)
    assert all(Path(f).name == f and not f.startswith(".") and f.isascii() for f in files.values())


def test_file_names_stay_readable() -> None:
    names = ["serving_default_input_1:0", "../../etc/passwd", "a b", "A B", ""]
    assert list(file_names(names, ".npy").values()) == [
        "serving_default_input_1_0.npy",
        "_.._etc_passwd.npy",
        "a_b.npy",
        "A_B_2.npy",
        "tensor.npy",
    ]

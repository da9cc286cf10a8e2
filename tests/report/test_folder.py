"""Result folders: whole or not at all, and no name escapes them."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmcu.errors import NmcuError
from nmcu.report import file_names, manifest, write_folder

RUN, COMPILE = "nmcu run", "nmcu compile"


def _contents(folder: Path) -> dict[str, bytes]:
    """All files but the manifest, by relative path."""
    files = (f for f in folder.rglob("*") if not f.is_dir() and f.name != manifest.NAME)
    return {str(f.relative_to(folder)): f.read_bytes() for f in files}


def test_folder_and_its_parents_are_created(tmp_path: Path) -> None:
    write_folder(tmp_path / "a" / "b", {"x.txt": b"1", "sub/y.txt": b"2"}, RUN)
    assert (tmp_path / "a/b/sub/y.txt").read_bytes() == b"2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]
    assert sorted(p.name for p in (tmp_path / "a/b").iterdir()) == [manifest.NAME, "sub", "x.txt"]


def test_what_was_written_before_is_replaced_or_removed_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_bytes(b"keep")
    write_folder(tmp_path, {"sub/old.txt": b"old", "gone/deep/old.txt": b"old", "x.txt": b"1"}, RUN)
    (tmp_path / "sub" / "mine.txt").write_bytes(b"keep")
    write_folder(tmp_path, {"sub/new.txt": b"new", "x.txt": b"2"}, RUN)
    assert _contents(tmp_path) == {
        "mine.txt": b"keep",
        "sub/mine.txt": b"keep",
        "sub/new.txt": b"new",
        "x.txt": b"2",
    }
    assert not (tmp_path / "gone").exists()


def test_a_file_that_was_changed_is_not_overwritten(tmp_path: Path) -> None:
    write_folder(tmp_path, {"main.c": b"ours", "network.c": b"ours", "old.c": b"ours"}, COMPILE)
    for name in ("main.c", "old.c"):
        (tmp_path / name).write_bytes(b"edited")
    before = _contents(tmp_path)
    with pytest.raises(NmcuError, match=r"main\.c was changed since nmcu wrote it: .* --force"):
        write_folder(tmp_path, {"main.c": b"newer", "network.c": b"newer"}, COMPILE)
    assert _contents(tmp_path) == before
    write_folder(tmp_path, {"main.c": b"newer", "network.c": b"newer"}, COMPILE, force=True)
    assert _contents(tmp_path) == {"main.c": b"newer", "network.c": b"newer", "old.c": b"edited"}
    write_folder(tmp_path, {"main.c": b"newest"}, COMPILE)
    assert _contents(tmp_path) == {"main.c": b"newest", "old.c": b"edited"}


def test_a_file_that_was_added_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes(b"precious")
    (tmp_path / "nmcu").mkdir()
    (tmp_path / "nmcu" / "layer.h").write_bytes(b"precious")
    files = {"Makefile": b"ours", "main.c": b"", "nmcu/layer.h": b"ours"}
    before = _contents(tmp_path)
    with pytest.raises(
        NmcuError, match=r"Makefile is there already, which nmcu did not write \(1 more, too\)"
    ):
        write_folder(tmp_path, files, COMPILE)
    assert _contents(tmp_path) == before and not (tmp_path / manifest.NAME).exists()
    write_folder(tmp_path, files, COMPILE, force=True)
    assert _contents(tmp_path) == files


def test_a_file_with_the_same_content_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_bytes(b"same")
    write_folder(tmp_path, {"main.c": b"same"}, COMPILE)
    write_folder(tmp_path, {"main.c": b"another"}, COMPILE)
    assert _contents(tmp_path) == {"main.c": b"another"}


def test_one_command_leaves_the_others_files(tmp_path: Path) -> None:
    write_folder(tmp_path, {"main.c": b"", "plan.json": b"1"}, COMPILE)
    write_folder(tmp_path, {"report.html": b"", "plan.json": b"2"}, RUN)
    write_folder(tmp_path, {"other.c": b""}, COMPILE)
    assert _contents(tmp_path) == {"other.c": b"", "report.html": b"", "plan.json": b"2"}
    write_folder(tmp_path, {}, RUN)
    assert _contents(tmp_path) == {"other.c": b""}


def test_a_users_links_are_a_users_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, {"main.c": b"ours"}, COMPILE)
    (tmp_path / "elsewhere.c").write_bytes(b"ours")
    (out / "main.c").unlink()
    (out / "main.c").symlink_to(tmp_path / "elsewhere.c")
    with pytest.raises(NmcuError, match=r"main\.c is there already, which nmcu did not write"):
        write_folder(out, {"main.c": b"newer"}, COMPILE)
    write_folder(out, {"main.c": b"newer"}, COMPILE, force=True)
    assert (tmp_path / "elsewhere.c").read_bytes() == b"ours"


def test_a_linked_folder_is_written_into(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_folder(tmp_path / "link", {"x": b""}, RUN)
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "x").is_file()


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_written_or_removed_through_a_link_inside(tmp_path: Path, force: bool) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    write_folder(out, {"project/main.c": b"ours"}, RUN)
    (out / "project").rename(elsewhere)
    (out / "project").symlink_to(elsewhere)
    with pytest.raises(NmcuError, match=r"project is a link, a folder is needed; move it away"):
        write_folder(out, {"project/main.c": b"newer"}, RUN, force=force)
    write_folder(out, {}, RUN, force=force)
    assert (elsewhere / "main.c").read_bytes() == b"ours"


@pytest.mark.parametrize("force", [False, True])
def test_what_is_in_the_way_is_named(tmp_path: Path, force: bool) -> None:
    (tmp_path / "out").write_text("")
    (tmp_path / "sub").write_text("")
    (tmp_path / "x").mkdir()
    for place, name, message in (
        (tmp_path / "out", "x", "it is a file"),
        (tmp_path, "sub/x", "sub is a file, a folder is needed"),
        (tmp_path, "x", "x is a folder, a file is needed"),
    ):
        with pytest.raises(NmcuError, match=message):
            write_folder(place, {name: b""}, RUN, force=force)


def test_a_strangers_manifest_removes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "up").symlink_to(tmp_path)
    digest = hashlib.sha256(b"").hexdigest()
    names = ("../precious", str(tmp_path / "precious"), "up/precious")
    (tmp_path / "out" / manifest.NAME).write_text(json.dumps({RUN: dict.fromkeys(names, digest)}))
    write_folder(tmp_path / "out", {"x": b""}, RUN)
    assert (tmp_path / "precious").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"nmcu run": []}', "\xff"])
def test_a_damaged_manifest_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / manifest.NAME).write_text(text, encoding="latin-1")
    (tmp_path / "x").write_bytes(b"mine")
    with pytest.raises(NmcuError, match="which nmcu did not write"):
        write_folder(tmp_path, {"x": b""}, RUN)


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match="cannot write"):
        write_folder(tmp_path / "new", {"fine.txt": b"", "x" * 300: b""}, RUN)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failure", [PermissionError(13, "Permission denied"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", range(7))
def test_failure_while_replacing_puts_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, at: int
) -> None:
    write_folder(tmp_path, {"a.txt": b"a", "stale.txt": b"s", "sub/old.txt": b"old"}, RUN)
    before = _contents(tmp_path)
    rename, calls = Path.rename, []

    def fails(source: Path, target: Path) -> Path:
        calls.append(source)
        if len(calls) == at + 1:
            raise failure
        return rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fails)
        with pytest.raises((NmcuError, KeyboardInterrupt)):
            write_folder(tmp_path, {"a.txt": b"new", "more/b.txt": b"b", "sub/new.txt": b"new"}, RUN)
    assert _contents(tmp_path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [manifest.NAME, "a.txt", "stale.txt", "sub"]
    write_folder(tmp_path, {"a.txt": b"new"}, RUN)  # and the manifest is right


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

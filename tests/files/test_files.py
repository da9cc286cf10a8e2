"""Writing a file: whole or not at all, where the name says, with the permissions that any new file has."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from nmcu.errors import NmcuError
from nmcu.files import write_atomically


@pytest.fixture
def umask() -> Iterator[int]:
    """A umask other than the usual one."""
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b" / "file", b"content")
    assert (tmp_path / "a/b/file").read_bytes() == b"content"
    assert [p.name for p in (tmp_path / "a/b").iterdir()] == ["file"]


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    write_atomically(tmp_path / "folder" / "file", b"")
    assert _mode(tmp_path / "folder" / "file") == 0o666 & ~umask
    assert _mode(tmp_path / "folder") == 0o777 & ~umask


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, umask: int) -> None:
    (tmp_path / "script").write_bytes(b"old")
    (tmp_path / "script").chmod(0o755)
    write_atomically(tmp_path / "script", b"new")
    assert (tmp_path / "script").read_bytes() == b"new"
    assert _mode(tmp_path / "script") == 0o755


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127])
def test_names_may_be_as_long_as_the_system_allows(tmp_path: Path, name: str) -> None:
    write_atomically(tmp_path / name, b"1")
    write_atomically(tmp_path / name, b"2")
    assert (tmp_path / name).read_bytes() == b"2"


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere/file")
    for content in (b"made", b"replaced"):
        write_atomically(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "elsewhere/file").read_bytes() == content


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(NmcuError, match=r"cannot write '.*link': Too many levels of symbolic links"):
        write_atomically(tmp_path / "link", b"")
    assert (tmp_path / "link").is_symlink()


def test_a_device_stays_a_device() -> None:
    write_atomically(Path(os.devnull), b"gone")
    assert not Path(os.devnull).is_file()


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(NmcuError, match=r"cannot write '.*out': Is a directory"):
        write_atomically(tmp_path / "out", b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_protected_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "file").chmod(0o444)
    with pytest.raises(NmcuError, match="Permission denied"):
        write_atomically(tmp_path / "file", b"")
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_ends_early_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    (tmp_path / "file").write_bytes(b"before")

    def fails(*_: object) -> None:
        raise failure

    monkeypatch.setattr(Path, "replace", fails)
    for path in (tmp_path / "file", tmp_path / "new" / "folder" / "file"):
        with pytest.raises((NmcuError, KeyboardInterrupt)):
            write_atomically(path, b"after")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"before"

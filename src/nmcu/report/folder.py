"""Writes result folders: all of it or nothing, and nothing over what a user wrote or changed."""

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from nmcu.errors import NmcuError
from nmcu.files import draft_name, folder_for
from nmcu.report import manifest
from nmcu.report.manifest import Manifest

MAX_NAME = 100


def write_folder(folder: Path, files: Mapping[str, bytes], writer: str, *, force: bool = False) -> None:
    """Writes `files` (contents by relative path) into `folder`, creating it where it is missing.

    What `writer`, the name of a command, left there before is replaced, and removed where `files` has it no more; all
    else stays. Raises `NmcuError` where a file would be overwritten that the user added or changed, unless `force`, and
    where it cannot be written; then everything is as it was before.
    """
    check_folder(folder, files, force=force)
    try:
        place = folder.resolve()
        before = manifest.read(place)
        left = before.of(writer) - files.keys()
        stale = [n for n in left if _in_the_way(place, n) is None and before.is_untouched(place, n)]
        new = {**files, manifest.NAME: before.after(writer, files).to_bytes()}
        with folder_for(place / manifest.NAME):
            _exchange(place, new, stale)
    except OSError as error:
        raise NmcuError(f"cannot write to {folder}: {error.strerror or error}") from error


def check_folder(folder: Path, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Raises what `write_folder` would where something is in the way; before long work, as far as `files` are known."""
    try:
        if folder.exists() and not folder.is_dir():
            raise NmcuError(f"cannot write to {folder}: it is a file, a folder is needed")
        _check(folder, files, manifest.read(folder.resolve()), force)
    except OSError as error:
        raise NmcuError(f"cannot write to {folder}: {error.strerror or error}") from error


def _check(folder: Path, files: Mapping[str, bytes], before: Manifest, force: bool) -> None:
    theirs = []
    for name, content in files.items():
        path, blocking = folder / name, _in_the_way(folder, name)
        if blocking is not None or path.is_dir():
            what = f"{path} is a folder, a file is"
            if blocking is not None:
                what = f"{blocking} is a {'link' if blocking.is_symlink() else 'file'}, a folder is"
            raise NmcuError(f"cannot write to {folder}: {what} needed; move it away")
        if _is_file(path) and not before.is_untouched(folder, name) and not manifest.has(path, content):
            theirs.append(name)
    if theirs and not force:
        first, *others = sorted(theirs)
        more = f" ({len(others)} more, too)" if others else ""
        told = (
            "was changed since nmcu wrote it"
            if first in before.files
            else "is there already, which nmcu did not write"
        )
        raise NmcuError(
            f"{folder / first} {told}{more}: name another folder, move the file, or overwrite it with --force"
        )


def _exchange(place: Path, new: Mapping[str, bytes], stale: Iterable[str]) -> None:
    """Puts all of `new` into `place` and takes all of `stale` away; where that fails, everything back."""
    draft = place / draft_name()
    undo: list[tuple[Path, Path]] = []
    folders: list[Path] = []

    def move(source: Path, target: Path) -> None:
        for folder in reversed([p for p in target.parents if not p.exists()]):
            folder.mkdir()
            folders.append(folder)
        undo.append((target, source))
        source.rename(target)

    try:
        for name, content in new.items():
            (draft / "new" / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / "new" / name).write_bytes(content)
        for name in (*new, *stale):
            if _is_file(place / name):
                move(place / name, draft / "old" / name)
            if name in new:
                move(draft / "new" / name, place / name)
    except BaseException:
        for source, target in reversed(undo):
            if _is_file(source):
                source.rename(target)
        for folder in reversed(folders):
            with suppress(OSError):
                folder.rmdir()
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    for name in stale:
        for parent in PurePosixPath(name).parents:
            with suppress(OSError):  # it is not empty
                (place / parent).rmdir()


def _in_the_way(folder: Path, name: str) -> Path | None:
    """What stands where `name` needs a folder of its own inside `folder`: a file, or a link, which may lead outside."""
    above = [p for p in (folder / name).parents if p != folder and p.is_relative_to(folder)]
    return next((p for p in above if p.is_symlink() or _is_file(p)), None)


def _is_file(path: Path) -> bool:
    """Whether something is there that is no folder; a link that leads nowhere counts."""
    return os.path.lexists(path) and not path.is_dir()


def file_names(names: Iterable[str], suffix: str) -> dict[str, str]:
    """A safe, distinct file name for each name: letters, digits, `_`, `.` and `-` only."""
    chosen: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9_.-]", "_", name).lstrip(".-")[:MAX_NAME] or "tensor"
        candidate, number = stem, 2
        while candidate.lower() + suffix in {taken.lower() for taken in chosen.values()}:
            candidate, number = f"{stem}_{number}", number + 1
        chosen[name] = candidate + suffix
    return chosen

"""Writes result folders: all of it or nothing."""

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from nmcu.errors import NmcuError

MAX_NAME = 100

MARK = "plan.json"
"""The file by which a folder that nmcu wrote is known."""


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes `files` (contents by relative path) into `folder`, creating it where it is missing.

    Everything is written to a temporary folder in or above it first. Of an existing folder, the top-level entries
    that are in `files` too are replaced where nmcu wrote them (`MARK` lies beside them); what else is there stays.
    Raises `NmcuError` where a stranger's file is in the way or where it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise NmcuError(f"cannot write to {folder}: it is a file, a folder is needed")
    taken = sorted({name.partition("/")[0] for name in files if (folder / name.partition("/")[0]).exists()})
    if taken and not (folder / MARK).exists():
        raise NmcuError(
            f"{folder} has {', '.join(taken)} already, which nmcu did not write: name another folder, or move them"
        )
    place = folder.absolute()
    beside = next(candidate for candidate in (place, *place.parents) if candidate.exists())
    try:
        with tempfile.TemporaryDirectory(dir=beside, prefix=".nmcu-") as draft_name:
            draft = Path(draft_name)
            new, old = draft / "new", draft / "old"
            for name, content in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            folder.mkdir(parents=True, exist_ok=True)
            old.mkdir()
            _replace(folder, new, old)
    except OSError as error:
        raise NmcuError(f"cannot write to {folder}: {error.strerror or error}") from error


def _replace(folder: Path, new: Path, old: Path) -> None:
    """Move the entries of `new` into `folder`, and those they replace to `old`; all back where one cannot be moved."""
    done: list[tuple[Path, Path]] = []
    try:
        for entry in sorted(new.iterdir()):
            there = folder / entry.name
            moves = [(there, old / entry.name)] if there.exists() or there.is_symlink() else []
            for source, target in (*moves, (entry, there)):
                shutil.move(source, target)
                done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            shutil.move(target, source)
        raise


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

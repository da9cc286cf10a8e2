"""Keeps the cache below its bound: what was not used longest goes first."""

import fcntl
import math
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nmcu.cache.places import folder
from nmcu.files import draft_name

BUILT = "built"
GUESTS = "guests"
BLOCK = 4096
SHARE = 16
"""The cache is swept when this part of its bound was written since the last time, and then left with as much room."""
GUESTS_SHARE = 4
"""Tools' own caches may take this part of the bound."""
IN_USE_SECONDS = 600
"""Folders used within that time may be in use still: they are read where they lie."""


@dataclass(frozen=True)
class _Unit:
    """What goes as a whole: a file, or a folder."""

    path: Path
    used: float
    bytes: int


def account(written: int, most: int) -> None:
    """Takes note of `written` bytes; sweeps the cache where it may have grown beyond `most` bytes.

    The ledger is as long as the blocks written since the last sweep are many: appending is safe between processes.
    """
    ledger = folder() / "written"
    unknown = not ledger.exists()
    with ledger.open("ab") as file:
        file.write(b"." * math.ceil(written / BLOCK))
        due = file.tell() * BLOCK > most // SHARE
    if unknown or due:
        sweep(most - most // SHARE)


def sweep(most: int) -> None:
    """Drops what was not used longest until at most `most` bytes are left; does nothing where another process does."""
    with _alone() as alone:
        if not alone:
            return
        (folder() / "written").write_bytes(b"")
        now = time.time()
        files = [_unit(path) for path in (folder() / "objects").glob("*/*")]
        folders = [_unit(path) for path in (folder() / BUILT).glob("*")]
        guests = [_unit(path) for path in (folder() / GUESTS).glob("*")]
        total = sum(unit.bytes for unit in (*files, *folders, *guests))
        idle = [unit for unit in (*folders, *guests) if now - unit.used > IN_USE_SECONDS]
        large = [unit for unit in idle if unit in guests and unit.bytes > most // GUESTS_SHARE]
        rest = sorted({*files, *idle} - {*large}, key=lambda unit: unit.used)
        for unit in (*large, *rest):
            if unit in large or total > most:
                _remove(unit.path)
                total -= unit.bytes


def size(path: Path) -> int:
    """Bytes that a file, or all files of a folder, take on disk."""
    total = 0
    for file in path.rglob("*") if path.is_dir() else (path,):
        with suppress(OSError):
            total += 0 if file.is_dir() else math.ceil(file.stat().st_size / BLOCK) * BLOCK
    return total


def _unit(path: Path) -> _Unit:
    try:
        return _Unit(path, path.stat().st_mtime, size(path))
    except OSError:  # another process was faster
        return _Unit(path, 0.0, 0)


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            aside = path.with_name(draft_name())
            path.rename(aside)  # at once for all readers
            shutil.rmtree(aside, ignore_errors=True)
        else:
            path.unlink()


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process sweeps meanwhile."""
    with (folder() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True

"""Built objects by content, shared by parallel processes.

An entry is a file named by the hash of everything that went into it. It is written under another name and
moved into place, so a reader sees all of it or nothing. A folder that cannot be written only costs speed.
"""

import contextlib
import hashlib
import os
import sys
import time
from pathlib import Path

from nmcu.errors import NmcuError
from nmcu.files import write_atomically

UNUSED_DAYS = 14


def folder() -> Path:
    """The cache's folder: NMCU_CACHE, else `nmcu` in the user's cache folder."""
    named = os.environ.get("NMCU_CACHE")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nmcu"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nmcu"


def key(*parts: bytes | str) -> str:
    """Hash of the parts and their lengths, so that no two lists of parts agree by concatenation."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def load(name: str) -> bytes | None:
    """The entry's content, or None."""
    path = _path(name)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return data


def store(name: str, data: bytes) -> None:
    """Keeps an entry, whole or not at all."""
    with contextlib.suppress(OSError, NmcuError):
        folder().mkdir(parents=True, exist_ok=True)
        _drop_unused()
        write_atomically(_path(name), data)


def _path(name: str) -> Path:
    return folder() / "objects" / name[:2] / name[2:]


def _drop_unused() -> None:
    """Once a day, deletes what no build has read for `UNUSED_DAYS` days."""
    stamp = folder() / "last-cleaned"
    now = time.time()
    if stamp.exists() and now - stamp.stat().st_mtime < 86400:
        return
    stamp.touch()
    for entry in (folder() / "objects").glob("*/*"):
        with contextlib.suppress(OSError):
            if now - entry.stat().st_mtime > UNUSED_DAYS * 86400:
                entry.unlink()

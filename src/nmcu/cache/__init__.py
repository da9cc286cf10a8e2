"""What was made once: objects, programs, simulator builds, results of benchmarks; shared by parallel processes.

Everything is kept under the hash of all that went into it (`key`), with digests of its own content: what is damaged is
noticed, dropped and made again. The whole is bounded, what was not used longest goes first. A folder that cannot be
written only costs speed.
"""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nmcu.cache.bounds import account
from nmcu.cache.places import bound, folder
from nmcu.cache.trees import guest, tree
from nmcu.errors import NmcuError
from nmcu.files import write_atomically

__all__ = ["contents", "folder", "guest", "key", "load", "store", "tree"]

LAYOUT = "2"
"""Changes when what is written under a name does: other versions of nmcu share the folder."""
DIGEST_BYTES = 32
"""An entry is the digest of its content, then the content."""


def key(*parts: bytes | str) -> str:
    """Hash of the parts and their lengths, so that no two lists of parts agree by concatenation."""
    digest = hashlib.sha256()
    for part in (LAYOUT, *parts):
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def contents(places: Iterable[Path], *suffixes: str) -> bytes:
    """Hash of the names and contents of files: those in `places`, and in folders there all that end in `suffixes`."""
    digest = hashlib.sha256()
    for place in places:
        inside = (file for file in sorted(place.rglob("*")) if file.suffix in suffixes and file.is_file())
        for file in inside if place.is_dir() else (place,):
            name = file.relative_to(place).as_posix() if place.is_dir() else file.name
            digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
    return digest.digest()


def load(name: str) -> bytes | None:
    """The content kept under `name`; None where there is none or it is damaged."""
    path = _path(name)
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    data = stored[DIGEST_BYTES:]
    if _digest(data) != stored[:DIGEST_BYTES]:
        with suppress(OSError):
            path.unlink()
        return None
    with suppress(OSError):
        os.utime(path)  # used now
    return data


def store(name: str, data: bytes) -> None:
    """Keeps `data` under `name`, whole or not at all. Raises `NmcuError` where NMCU_CACHE_MIB is no number."""
    most = bound()
    with suppress(OSError, NmcuError):
        write_atomically(_path(name), _digest(data) + data)
        account(len(data), most)


def _path(name: str) -> Path:
    return folder() / "objects" / name[:2] / name[2:]


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()

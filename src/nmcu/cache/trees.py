"""Folders of files that other programs read where they lie, as the linker and the loader do."""

import atexit
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache as memoise
from pathlib import Path

from nmcu.cache.bounds import BUILT, GUESTS, account, size
from nmcu.cache.places import bound, folder
from nmcu.files import draft_name

DIGESTS = ".digests.json"


def tree(name: str, make: Callable[[Path], object]) -> Path:
    """The folder kept under `name`, which `make`, given an empty folder, fills where it is missing or damaged.

    Where the cache cannot be written it is a temporary folder, which goes when the process ends. What `make` raises
    passes through and leaves nothing behind.
    """
    most = bound()
    place = _writable(folder() / BUILT) or _of_this_process()
    path = place / name
    if _is_whole(path):
        with suppress(OSError):
            os.utime(path)  # used now
        return path
    _drop(path)
    draft = place / draft_name()
    draft.mkdir()
    try:
        make(draft)
        (draft / DIGESTS).write_text(json.dumps(_digests(draft)))
        try:
            draft.rename(path)
        except OSError:
            if not path.exists():  # otherwise another process was faster
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    with suppress(OSError):
        account(size(path), most)
    return path


def guest(name: str) -> Path | None:
    """A folder for a tool that keeps a cache of its own, or None where it cannot be written.

    It goes as a whole when it grows too large for the bound; call this before every use.
    """
    place = _writable(folder() / GUESTS / name)
    if place is not None:
        with suppress(OSError):
            os.utime(place)
    return place


def _is_whole(path: Path) -> bool:
    try:
        kept = json.loads((path / DIGESTS).read_text())
        return bool(kept == _digests(path))
    except (OSError, ValueError):
        return False


def _digests(path: Path) -> dict[str, str]:
    files = (file for file in sorted(path.rglob("*")) if file.is_file() and file.name != DIGESTS)
    return {str(f.relative_to(path)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _drop(path: Path) -> None:
    """Removes a damaged folder: first its name, so that no reader sees half of it."""
    if path.exists():
        aside = path.with_name(draft_name())
        with suppress(OSError):
            path.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def _writable(place: Path) -> Path | None:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return place if os.access(place, os.W_OK) else None


@memoise
def _of_this_process() -> Path:
    holder = tempfile.TemporaryDirectory(prefix="nmcu-built-", ignore_cleanup_errors=True)
    atexit.register(holder.cleanup)
    return Path(holder.name)

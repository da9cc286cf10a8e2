"""Files that appear whole or not at all, whether one is there, and descriptions in TOML."""

import errno
import os
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

from nmcu.errors import NmcuError


def read_toml(path: Path) -> dict[str, Any]:
    """What the TOML file `path` holds. Raises `NmcuError` where it cannot be read or is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NmcuError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # TOML, UTF-8, or a number of thousands of digits
        raise NmcuError(f"{path} is not TOML: {error}") from error


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`, whose folder is made where it is missing, by way of a file beside it.

    A link is followed, a device or pipe written to as it is; permissions are those of the file before, or what the
    umask leaves a new one. Raises `NmcuError` where that is not possible. Whatever ends it early (a full disk,
    Ctrl-C), what was there before is then still there and nothing else.
    """
    place = Path(os.path.realpath(path))
    try:
        if place.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if place.exists() and not place.is_file():
            place.write_bytes(data)
            return
        with folder_for(place):
            _replace(place, data)
    except OSError as error:
        raise NmcuError(f"cannot write {str(path)!r}: {error.strerror or error}") from error


@contextmanager
def folder_for(path: Path) -> Iterator[None]:
    """Makes the folder of `path` where it is missing; where the block fails, what was made goes again, if empty."""
    missing = list(takewhile(lambda folder: not folder.exists(), path.parents))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with suppress(OSError):
            for folder in missing:
                folder.rmdir()
        raise


def is_file(path: Path) -> bool:
    """Whether there is a file; no for a name that no file can have or whose folder cannot be read."""
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder; no for a name that none can have or whose parent cannot be read."""
    with suppress(OSError, ValueError):
        return path.is_dir()
    return False


def draft_name() -> str:
    """A new name for what is not finished yet: hidden, and short, so that it fits wherever the real one does."""
    return f".nmcu-{secrets.token_hex(8)}"


def _replace(place: Path, data: bytes) -> None:
    known = place.exists()
    if known and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    draft = place.with_name(draft_name())
    try:
        with draft.open("xb") as file:
            file.write(data)
        if known:
            draft.chmod(place.stat().st_mode & 0o7777)
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise

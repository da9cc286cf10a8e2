"""Files that appear whole or not at all."""

import os
import tempfile
from pathlib import Path

from nmcu.errors import NmcuError


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`, whose folder is made where it is missing, through a temporary file beside it.

    Raises `NmcuError` where that is not possible; what was there before is then still there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise NmcuError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise NmcuError(f"cannot write {str(path)!r}: {error.strerror or error}") from error

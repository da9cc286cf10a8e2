"""Where the cache is, and how large it may grow."""

import os
import sys
from pathlib import Path

from nmcu.errors import NmcuError

DEFAULT_MIB = 2048


def folder() -> Path:
    """The cache's folder: NMCU_CACHE, else `nmcu` in the user's cache folder."""
    named = os.environ.get("NMCU_CACHE")
    if named:
        return Path(named).absolute()
    try:
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "nmcu"
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "nmcu"
    except RuntimeError:  # a user without a home
        return Path(os.devnull) / "nmcu"  # where nothing can be kept


def bound() -> int:
    """How many bytes it may take: NMCU_CACHE_MIB, else `DEFAULT_MIB`. Raises `NmcuError` for what is no number."""
    text = os.environ.get("NMCU_CACHE_MIB") or str(DEFAULT_MIB)
    if not (text.isascii() and text.isdigit()):
        raise NmcuError(f"NMCU_CACHE_MIB is {text!r}: a whole number of MiB is needed")
    return int(text) << 20

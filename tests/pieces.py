"""Pieces of work that the tests hand out."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from nmcu.errors import NmcuError

CASES = list(range(12))
REFUSED, DEADLY, EMPTY = 3, 5, 8
"""A case that is an error, one that kills the process that does it, and one without a result."""


@dataclass(frozen=True)
class Square:
    """The square of a case. Its own process is killed at `DEADLY`: once where `mark` names a file to remember it in,
    each time where it does not, never in the process `spared`."""

    mark: Path | None
    spared: int | None = None

    def __call__(self, case: int) -> int | None:
        if case == REFUSED:
            raise NmcuError("three is refused")
        if case == DEADLY and os.getpid() != self.spared and not (self.mark and self.mark.exists()):
            if self.mark:
                self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return None if case == EMPTY else case * case


def broken(case: int) -> int:
    """Raises what no piece of work should."""
    raise ZeroDivisionError(f"case {case}")

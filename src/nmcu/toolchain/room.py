"""Programs whose code is larger than the planner thought."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from nmcu.errors import NmcuError, ProgramTooLarge
from nmcu.targets import Target

OTHER_CODE = 4096
"""Bytes by which the code of another plan may be larger: what the planner leaves to code grows by so much at least."""

Made = TypeVar("Made")


def leaving_room(target: Target, make: Callable[[Target], Made]) -> Made:
    """What `make` plans and builds for `target`, or for one that leaves code as much more as the linker lacked.

    Where no plan leaves so much, the linker's first complaint is raised.
    """
    first: ProgramTooLarge | None = None
    while True:
        try:
            return make(target)
        except ProgramTooLarge as refused:
            first = first or refused
            if not refused.lack:
                raise first from None
            lack = refused.lack
        except NmcuError:
            if first is None:
                raise
            raise first from None
        target = replace(target, program_bytes=target.program_bytes + lack + OTHER_CODE)

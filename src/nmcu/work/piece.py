"""One piece of work and what becomes of it."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from nmcu.errors import NmcuError

Progress = Callable[[int, int, str], object]
"""Told how many of how many are done, and which was last."""
Case = TypeVar("Case")
Result = TypeVar("Result")
TRIES = 4
"""How often a piece is begun whose worker dies: Dask's own `allowed-failures` is three."""


@dataclass(frozen=True)
class Failure:
    """A case without a result, and why."""

    case: str
    message: str


def attempt(work: Callable[[Case], Result], case: Case) -> Result | Failure:
    """What `work` makes of a case; a `NmcuError` is a failure, so that the others go on."""
    try:
        return work(case)
    except NmcuError as error:
        return Failure(str(case), str(error))


def lost(case: object) -> Failure:
    """Of a case whose workers died each time."""
    return Failure(
        str(case), f"the process that did this ended {TRIES} times without a result: is there enough memory?"
    )


@lru_cache(maxsize=2)
def loaded(packed: bytes) -> Callable[[Any], Any]:
    """The work that `packed` holds, once in each worker: what it keeps (files read, programs loaded) lasts."""
    work: Callable[[Any], Any] = pickle.loads(packed)
    return work

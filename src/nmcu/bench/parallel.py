"""Many measurements in a few processes."""

import os
from collections.abc import Callable, Generator, Hashable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from typing import TypeVar

from nmcu.errors import NmcuError

Progress = Callable[[int, int, str], object]
"""Told how many of how many are done, and which was last."""
Case = TypeVar("Case", bound=Hashable)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure:
    """A case that could not be measured, and why."""

    case: str
    message: str


def measure_all(
    measure: Callable[[Case], Result | None],
    cases: Sequence[Case],
    jobs: int = 2,
    progress: Progress = lambda done, total, last: None,
) -> tuple[dict[Case, Result], list[Failure]]:
    """`measure`, a function of a module, of each of `cases` in `jobs` processes; results in the order of `cases`.

    Cases without a result are left out, and those that raise a `NmcuError` are failures: the others go on. The
    processes end with this one, and where it is interrupted.
    """
    measured: dict[Case, Result] = {}
    failures = []
    progress(0, len(cases), "")
    with closing(_outcomes(measure, cases, jobs)) as outcomes:
        for done, (case, result) in enumerate(outcomes):
            if isinstance(result, Failure):
                failures.append(result)
            elif result is not None:
                measured[case] = result
            progress(done + 1, len(cases), str(case))
    return {case: measured[case] for case in cases if case in measured}, failures


def _outcomes(
    measure: Callable[[Case], Result | None], cases: Sequence[Case], jobs: int
) -> Generator[tuple[Case, Result | Failure | None]]:
    if jobs < 2 or len(cases) < 2:
        yield from ((case, _attempt(measure, case)) for case in cases)
        return
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with theirs, ours, ProcessPoolExecutor(jobs, context, _end_with, (theirs,)) as pool:
        running: dict[Future[Result | Failure | None], Case] = {}
        for case in cases:
            running[pool.submit(_attempt, measure, case)] = case
        try:
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        except BaseException:
            ours.close()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _attempt(measure: Callable[[Case], Result | None], case: Case) -> Result | Failure | None:
    try:
        return measure(case)
    except NmcuError as error:
        return Failure(str(case), str(error))


def _end_with(other: Connection) -> None:
    """End this process, whatever it does, when the one that holds the other end of the pipe closes it or is gone."""

    def watch() -> None:
        other.poll(None)
        os._exit(1)

    Thread(target=watch, daemon=True).start()

"""Many measurements in a few processes."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
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

    Cases without a result are left out, and those that raise a `NmcuError` are failures: the others go on.
    """
    measured: dict[Case, Result] = {}
    failures = []
    progress(0, len(cases), "")
    for done, (case, result) in enumerate(_outcomes(measure, cases, jobs)):
        if isinstance(result, Failure):
            failures.append(result)
        elif result is not None:
            measured[case] = result
        progress(done + 1, len(cases), str(case))
    return {case: measured[case] for case in cases if case in measured}, failures


def _outcomes(
    measure: Callable[[Case], Result | None], cases: Sequence[Case], jobs: int
) -> Iterator[tuple[Case, Result | Failure | None]]:
    if jobs < 2 or len(cases) < 2:
        yield from ((case, _attempt(measure, case)) for case in cases)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running: dict[Future[Result | Failure | None], Case] = {}
        for case in cases:
            running[pool.submit(_attempt, measure, case)] = case
        try:
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _attempt(measure: Callable[[Case], Result | None], case: Case) -> Result | Failure | None:
    try:
        return measure(case)
    except NmcuError as error:
        return Failure(str(case), str(error))

"""Many measurements in a few processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context

from nmcu.bench.measure import Case, Measurement, measure
from nmcu.errors import NmcuError

Progress = Callable[[int, int, str], object]
"""Told how many of how many are done, and which was last."""


@dataclass(frozen=True)
class Failure:
    """A case whose program failed, and how."""

    case: Case
    message: str


def measure_all(
    cases: Sequence[Case], jobs: int = 2, progress: Progress = lambda done, total, last: None
) -> tuple[list[Measurement], list[Failure]]:
    """Measures `cases` in `jobs` processes; the results are in the order of `cases`, without those that do not fit L1.

    Every result is in the cache as soon as it is there: an interrupted run goes on where it stopped.
    """
    measured: dict[Case, Measurement] = {}
    failures = []
    for done, outcome in enumerate(_outcomes(cases, jobs)):
        case, result = outcome
        if isinstance(result, Measurement):
            measured[case] = result
        elif result is not None:
            failures.append(result)
        progress(done + 1, len(cases), str(case))
    return [measured[case] for case in cases if case in measured], failures


def _outcomes(cases: Sequence[Case], jobs: int) -> Iterator[tuple[Case, Measurement | Failure | None]]:
    if jobs < 2 or len(cases) < 2:
        yield from ((case, _attempt(case)) for case in cases)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_attempt, case): case for case in cases}
        try:
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _attempt(case: Case) -> Measurement | Failure | None:
    try:
        return measure(case)
    except NmcuError as error:
        return Failure(case, str(error))

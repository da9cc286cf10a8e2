"""Whatever does the work, results are the same, and a process that dies costs a retry."""

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from nmcu.errors import NmcuError
from nmcu.work import Failure, Here, Threads, Workers, workers
from nmcu.work.opened import EXTRA
from nmcu.work.processes import Processes
from pieces import CASES, DEADLY, EMPTY, REFUSED, Square, broken

RESULTS = {case: case * case for case in CASES if case not in (REFUSED, EMPTY)}
REFUSAL = Failure(str(REFUSED), "three is refused")
DASK = pytest.mark.skipif(
    not all(map(find_spec, EXTRA)), reason="needs the extra search: " + " and ".join(EXTRA)
)


def _embedded(count: int) -> Workers:
    return workers(count, "local")


IN_PROCESSES = [Processes, pytest.param(_embedded, marks=[DASK, pytest.mark.slow])]


@pytest.mark.parametrize("make", [Threads, lambda count: Here(), *IN_PROCESSES])
@pytest.mark.parametrize("count", [1, 2])
def test_results_are_the_same(make: Callable[[int], Workers], count: int, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with make(count) as pool:
        results, failures = pool.run(
            Square(tmp_path / "mark", spared=os.getpid()),
            CASES,
            lambda done, of, last: told.append((done, of)),
        )
        again, _ = pool.run(Square(None, spared=os.getpid()), [1, 2])
    assert list(results.items()) == list(RESULTS.items())
    assert failures == [REFUSAL]
    assert told == [(done, len(CASES)) for done in range(len(CASES) + 1)]
    assert again == {1: 1, 2: 4}


@pytest.mark.parametrize("make", IN_PROCESSES)
def test_a_piece_whose_process_dies_each_time_is_a_failure(make: Callable[[int], Workers]) -> None:
    """Even where Dask is told to give up a worker that does not start again at once."""
    hurry = import_module("dask").config.set if make is _embedded else nullcontext
    with hurry({"distributed.deploy.lost-worker-timeout": "100 ms"}), make(2) as pool:
        results, failures = pool.run(Square(None, spared=os.getpid()), CASES)
    assert results == {case: result for case, result in RESULTS.items() if case != DEADLY}
    assert [failure.case for failure in failures] == [str(REFUSED), str(DEADLY)]
    assert "ended 4 times without a result" in failures[1].message


@pytest.mark.parametrize("make", [Threads, lambda count: Here(), *IN_PROCESSES])
def test_what_a_piece_raises_is_raised(make: Callable[[int], Workers]) -> None:
    with make(2) as pool, pytest.raises(ZeroDivisionError, match="case"):
        pool.run(broken, CASES)


def test_no_more_cases_are_taken_than_are_about_to_be_done() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for case in range(1000):
            taken.append(case)
            yield case

    for pool in (Threads(2), Processes(2)):
        taken.clear()
        with pool:
            outcomes = pool.outcomes(abs, source())
            next(outcomes)
            outcomes.close()
        assert len(taken) < 10


def test_one_job_needs_no_process() -> None:
    assert isinstance(workers(1), Here)


def test_dask_is_asked_for_only_where_a_scheduler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(workers(2), Processes)
    monkeypatch.setattr("nmcu.work.opened.find_spec", lambda package: None)
    with pytest.raises(NmcuError, match=r"needs the package distributed, .* pip install 'nmcu\[search\]'"):
        workers(2, "tcp://127.0.0.1:1")

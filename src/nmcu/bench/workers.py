"""How much faster several workers are than one, at work that takes a known time and no processor."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from nmcu.errors import NmcuError
from nmcu.result import Result
from nmcu.work import Workers, workers


@dataclass(frozen=True, repr=False)
class WorkersSpeed(Result):
    """`seconds` that `tasks` of `task_seconds` each took on one worker and on `workers`, once all had started."""

    workers: int
    tasks: int
    task_seconds: float
    seconds_of_one: float
    seconds: float

    @property
    def speedup(self) -> float:
        """How many times faster than one worker."""
        return self.seconds_of_one / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.tasks} tasks of {self.task_seconds} s: {self.seconds_of_one} s on one worker, {self.seconds} s on "
            f"{self.workers}: {self.speedup:.2f} times"
        )

    def to_json(self) -> dict[str, Any]:
        """The values by name."""
        return asdict(self) | {"speedup": round(self.speedup, 3)}

    def rows(self) -> list[dict[str, Any]]:
        """One row: the same."""
        return [self.to_json()]


def workers_speed(
    jobs: int = 4, tasks: int = 32, task_seconds: float = 0.5, scheduler: str | None = None
) -> WorkersSpeed:
    """Sleeps `tasks` times here, then on `jobs` workers. Raises `NmcuError` for less than two of them."""
    if jobs < 2:
        raise NmcuError(f"{jobs} worker is not compared with one: give two or more")
    with workers(1) as here, workers(jobs, scheduler) as pool:
        pool.run(_sleep, [(n, 0.0) for n in range(4 * jobs)])  # until all have started
        one, many = (_seconds(each, tasks, task_seconds) for each in (here, pool))
    return WorkersSpeed(jobs, tasks, task_seconds, round(one, 3), round(many, 3))


def _seconds(pool: Workers, tasks: int, task_seconds: float) -> float:
    start = time.perf_counter()
    pool.run(_sleep, [(n, task_seconds) for n in range(tasks)])
    return time.perf_counter() - start


def _sleep(case: tuple[int, float]) -> bool:
    time.sleep(case[1])
    return True

"""Threads of this process, for work that spends its time outside Python: nothing is pickled."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

from nmcu.work.piece import attempt
from nmcu.work.workers import Outcomes, Workers

Case = TypeVar("Case")


class Threads(Workers):
    """`count` threads."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def outcomes(self, work: Callable[[Case], Any], cases: Iterable[Case]) -> Outcomes:
        """See `Workers`; each thread has one piece in work and one before it."""
        source = enumerate(cases)
        running: dict[Future[Any], int] = {}

        def start(many: int) -> None:
            for number, case in islice(source, many):
                running[self._pool.submit(attempt, work, case)] = number

        start(2 * self._count)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
                start(1)

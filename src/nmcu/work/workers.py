"""What does pieces of work, whatever it is; and the simplest: this process itself."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from types import TracebackType
from typing import Any, Self, TypeVar

from nmcu.work.piece import Failure, Progress, attempt

Case = TypeVar("Case")
Named = TypeVar("Named", bound=Hashable)
Result = TypeVar("Result")
Outcomes = Generator[tuple[int, Any]]


class Workers(AbstractContextManager["Workers"], ABC):
    """Open from `with` to its end. What comes out does not depend on how many there are, or where."""

    @abstractmethod
    def outcomes(self, work: Callable[[Case], Any], cases: Iterable[Case]) -> Outcomes:
        """(number, result or `Failure`) of each of `cases`, in the order in which they are done.

        `work` is a function of a module or a value that can be pickled. Of `cases` no more are taken than are about to
        be done. What `work` raises is raised, but for `NmcuError`, which is a failure.
        """

    def run(
        self,
        work: Callable[[Named], Result | None],
        cases: Sequence[Named],
        progress: Progress = lambda done, total, last: None,
    ) -> tuple[dict[Named, Result], list[Failure]]:
        """Results by case, in the order of `cases`, without those that have none (None); and failures, in theirs."""
        found: dict[int, Any] = {}
        progress(0, len(cases), "")
        with closing(self.outcomes(work, cases)) as outcomes:
            for number, result in outcomes:
                found[number] = result
                progress(len(found), len(cases), str(cases[number]))
        failures = [found[n] for n in sorted(found) if isinstance(found[n], Failure)]
        results = {case: found[n] for n, case in enumerate(cases) if found[n] is not None}
        return {case: r for case, r in results.items() if not isinstance(r, Failure)}, failures

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Here(Workers):
    """This process, one piece after the other."""

    def outcomes(self, work: Callable[[Case], Any], cases: Iterable[Case]) -> Outcomes:
        """See `Workers`."""
        for number, case in enumerate(cases):
            yield number, attempt(work, case)


def in_order(outcomes: Outcomes) -> Iterator[Any]:
    """What became of the cases in their own order, as soon as those before are done."""
    early: dict[int, Any] = {}
    due = 0
    with closing(outcomes):
        for number, result in outcomes:
            early[number] = result
            while due in early:
                yield early.pop(due)
                due += 1

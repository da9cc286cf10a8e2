"""Searches of several kinds in several processes."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from nmcu.bench.differential.kinds import KINDS, attempt, strategy
from nmcu.bench.differential.searched import Searched
from nmcu.bench.differential.summary import Failure, Summary, Table
from nmcu.errors import NmcuError
from nmcu.work import Progress, workers

APART = 1_000_000
"""Seeds between two processes of one kind."""


@dataclass(frozen=True)
class Budget:
    """Where each process of each kind stops: after `minutes`, or after `networks` where that comes first.

    Every `device_every`-th network is compiled and simulated, too; 0: none.
    """

    seed: int = 0
    minutes: float = 1.0
    networks: int = 1_000_000_000
    device_every: int = 0


@dataclass(frozen=True)
class _Share:
    kind: str
    budget: Budget

    def __str__(self) -> str:
        return f"{self.kind} from seed {self.budget.seed}"


def differential(
    kinds: Sequence[str] = KINDS,
    budget: Budget = Budget(),
    jobs: int = 1,
    progress: Progress = lambda done, total, last: None,
) -> Searched:
    """Searches each of `kinds` in `jobs` processes of its own. Raises `NmcuError` where Hypothesis is missing."""
    shares = [
        _Share(kind, dataclasses.replace(budget, seed=budget.seed + APART * job))
        for kind in kinds
        for job in range(jobs)
    ]
    with workers(len(shares)) as pool:
        found, wrong = pool.run(_search, shares, progress)
    if wrong:
        raise NmcuError(wrong[0].message)
    table: Table = {kind: Summary() for kind in kinds}
    failures: dict[tuple[str, str], Failure] = {}
    for share, (summary, some) in found.items():
        table[share.kind].add(summary)
        for failure in some:
            known = failures.setdefault((failure.kind, failure.key), failure)
            if len(failure.case.data) < len(known.case.data):
                failures[failure.kind, failure.key] = failure
    return Searched(table, tuple(failures.values()))


def _search(share: _Share) -> tuple[Summary, list[Failure]]:
    try:
        from nmcu.bench.differential.search import Searcher  # late: Hypothesis is in the extra `dev`

        networks, tried = strategy(share.kind), attempt(share.kind)
    except ImportError as error:
        raise NmcuError(
            f"random {share.kind} networks need the package {error.name!r}, which is not installed: "
            f"pip install 'nmcu[{'dev,train' if share.kind == 'torch' else 'dev'}]'"
        ) from error
    searcher = Searcher(share.kind, networks, tried, Summary(), {}, share.budget.device_every)
    searcher.run(share.budget.seed, 60 * share.budget.minutes, share.budget.networks)
    return searcher.summary, list(searcher.failures.values())

"""Workers of a Dask cluster: one that exists, or one of our own on this machine."""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from contextlib import ExitStack
from importlib import metadata
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

import cloudpickle
import dask
from distributed import Client, Future, LocalCluster, as_completed
from distributed.scheduler import KilledWorker
from distributed.security import Security

from nmcu.errors import NmcuError
from nmcu.work.piece import TRIES, attempt, loaded, lost
from nmcu.work.workers import Outcomes, Workers

Case = TypeVar("Case")
PACKAGE = "nmcu"
ANSWER_S = 10
"""How long a scheduler may take to answer."""
AHEAD, LEAST = 4, 64
"""Pieces in flight for each thread of the cluster, and for all: an adaptive cluster grows with them."""
SETTINGS = {
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.allowed-failures": TRIES - 1,
    "distributed.deploy.lost-worker-timeout": "365 days",
}
"""Of a cluster of our own. A worker has one piece and none waiting, which its death would be counted against, too; and
it may take its time to start again: after 15 seconds, which a busy machine needs, Dask would give it up, and the last
one with it."""


class _Other:
    """Says that a worker has another version of nmcu, and which."""

    def __init__(self, version: str) -> None:
        self.version = version


class Cluster(Workers):
    """The workers that `client` reaches when it is opened, and those that join later."""

    def __init__(self, client: Callable[[ExitStack], Client]) -> None:
        self._open = client

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._client = self._open(opened)
            found = self._client.run(metadata.version, PACKAGE, on_error="return")
            for worker, version in found.items():
                _check(worker, version)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def outcomes(self, work: Callable[[Case], Any], cases: Iterable[Case]) -> Outcomes:
        """See `Workers`."""
        version = metadata.version(PACKAGE)
        # A piece of its own, which each worker that needs it has from another one: it is sent once, and made again
        # where all that had it died, as scattered data are not.
        packed = self._client.submit(bytes, cloudpickle.dumps(work), pure=False)
        source = enumerate(cases)
        running: dict[Future[Any], tuple[int, Case]] = {}
        done = as_completed(loop=self._client.loop)

        def start(many: int) -> None:
            for number, case in islice(source, many):
                future = self._client.submit(_do, packed, version, case, pure=False)
                running[future] = number, case
                done.add(future)

        start(max(LEAST, AHEAD * sum(self._client.nthreads().values())))
        try:
            for future in done:
                number, case = running.pop(future)
                yield number, self._result(future, case)
                start(1)
        finally:
            self._client.cancel(list(running))

    def _result(self, future: Future[Any], case: object) -> Any:
        try:
            result = future.result()
        except KilledWorker:
            return lost(case)
        except CancelledError as error:
            raise NmcuError(
                "the Dask scheduler is gone: start it and this command again; what was measured is kept"
            ) from error
        if isinstance(result, _Other):
            _check(None, result.version)
        return result


def connected(scheduler: str) -> Cluster:
    """The cluster whose scheduler is at the address `scheduler`."""

    def client(opened: ExitStack) -> Client:
        _quieten()
        try:
            return opened.enter_context(Client(scheduler, timeout=ANSWER_S, set_as_default=False))
        except (OSError, ValueError, TypeError, AssertionError) as error:
            # an AssertionError where the client's thread does not start within 10 s
            raise NmcuError(
                f"no Dask scheduler answers at {scheduler}: start one (dask scheduler) and name the address that it "
                "says, as tcp://host:8786"
            ) from error

    return Cluster(client)


def embedded(jobs: int) -> Cluster:
    """A cluster of `jobs` processes on this machine, which nobody else can reach: its certificates are its own."""

    def client(opened: ExitStack) -> Client:
        _quieten()
        opened.enter_context(dask.config.set(SETTINGS))  # some are read while it runs
        cluster = opened.enter_context(
            LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                memory_limit=None,
                dashboard_address="127.0.0.1:0",
                security=Security.temporary(),
                silence_logs=logging.CRITICAL,
            )
        )
        return opened.enter_context(Client(cluster, set_as_default=False))

    return Cluster(client)


def _do(packed: bytes, version: str, case: Any) -> Any:
    """On the worker."""
    ours = metadata.version(PACKAGE)
    return attempt(loaded(packed), case) if ours == version else _Other(ours)


def _check(worker: str | None, version: object) -> None:
    """Raises `NmcuError` unless `version` is ours; an exception where the worker has none."""
    ours = metadata.version(PACKAGE)
    if version == ours:
        return
    theirs = f"nmcu {version}" if isinstance(version, str) else "no nmcu"
    raise NmcuError(
        f"the worker {worker or 'that joined'} has {theirs}, here is nmcu {ours}: results could differ, install the "
        "same on all"
    )


def _quieten() -> None:
    """Dask's own log tells of workers that come and go: what matters of that is raised here."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)

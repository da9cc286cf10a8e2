"""Processes of this machine: no port is opened and no package needed."""

import os
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from nmcu.work.piece import TRIES, attempt, loaded, lost
from nmcu.work.workers import Outcomes, Workers

Case = TypeVar("Case")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What NumPy's libraries take the number of threads from: more threads than cores wait for each other, and on a busy
machine took four times the processor's time."""


@dataclass(frozen=True)
class _Raised:
    """What a piece raised, and where."""

    error: Exception


@dataclass(frozen=True)
class _Piece:
    number: int
    case: Any
    tries: int = 1


@dataclass(frozen=True, eq=False)
class _Process:
    process: BaseProcess
    connection: Connection

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


class Processes(Workers):
    """`count` processes, started when there is work for them. Each has one piece at a time: where it dies, that piece
    is begun again in another, up to `TRIES` times. They end with this process, whatever ends it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._context = get_context("spawn")
        self._idle: list[_Process] = []

    def __enter__(self) -> Self:
        self._theirs, self._ours = self._context.Pipe(duplex=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ours.close()
        self._theirs.close()
        for process in self._idle:
            process.end()

    def outcomes(self, work: Callable[[Case], Any], cases: Iterable[Case]) -> Outcomes:
        """See `Workers`."""
        packed = bytes(ForkingPickler.dumps(work))
        source = (_Piece(number, case) for number, case in enumerate(cases))
        again: deque[_Piece] = deque()
        busy: dict[Connection, tuple[_Process, _Piece]] = {}
        try:
            while True:
                while len(busy) < self._count:
                    piece = again.popleft() if again else next(source, None)
                    if piece is None:
                        break
                    process = self._idle.pop() if self._idle else self._started()
                    busy[process.connection] = process, piece
                    with suppress(OSError):  # it died: that is seen when it is asked for the result
                        process.connection.send((packed, piece.case))
                if not busy:
                    return
                for connection in wait(list(busy)):
                    assert isinstance(connection, Connection)
                    process, piece = busy.pop(connection)
                    try:
                        result = connection.recv()
                    except (EOFError, OSError):
                        process.end()
                        if piece.tries < TRIES:
                            again.append(_Piece(piece.number, piece.case, piece.tries + 1))
                            continue
                        result = lost(piece.case)
                    else:
                        self._idle.append(process)
                    if isinstance(result, _Raised):
                        raise result.error
                    yield piece.number, result
        finally:
            for process, _ in busy.values():
                process.end()

    def _started(self) -> _Process:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._theirs), daemon=True)
        with _one_thread_each():
            process.start()
        theirs.close()
        return _Process(process, ours)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that are started now multiply matrices in one thread, unless the user said otherwise."""
    ours = {name: "1" for name in THREADS if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def _serve(connection: Connection, other: Connection) -> None:
    """Does the pieces that come, one after the other."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is the other process's business, which ends this one
    Thread(target=_end_with, args=(other,), daemon=True).start()
    while True:
        try:
            packed, case = connection.recv()
        except EOFError:
            return
        try:
            connection.send(attempt(loaded(packed), case))
        except Exception as error:
            error.add_note(traceback.format_exc())
            connection.send(_Raised(error if _can_be_sent(error) else RuntimeError(repr(error))))


def _can_be_sent(error: Exception) -> bool:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True


def _end_with(other: Connection) -> None:
    """End this process, whatever it does, when the one that holds the other end of the pipe closes it or is gone."""
    other.poll(None)
    os._exit(1)

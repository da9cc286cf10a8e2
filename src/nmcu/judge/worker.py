"""The worker: runs models until its standard input ends. `python -m nmcu.judge.worker MEMORY_BYTES`"""

import math
import os
import resource
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, BinaryIO, Protocol

from nmcu.judge import wire
from nmcu.judge.wire import Array, Key

_MODULES = {"onnx": "nmcu.judge.onnx_runtime", "tflite": "nmcu.judge.litert"}
_MEMORY_SIGNS = ("bad_alloc", "bad allocation", "Failed to allocate memory", "failed to allocate")
_SCRATCH_BYTES = 16 << 20


class Session(Protocol):
    """A model, ready to run."""

    def run(self, feed: Mapping[Key, Array], fresh: bool) -> list[tuple[Key, Array]]: ...


def main() -> None:
    """Serve; the real standard output is kept for answers, and what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    most_bytes = int(sys.argv[1])
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, most_bytes)
    _limit(resource.RLIMIT_FSIZE, _SCRATCH_BYTES)
    serve(sys.stdin.buffer, answers, most_bytes)


def serve(requests: BinaryIO, answers: BinaryIO, most_bytes: int) -> None:
    """Answer each of `requests` until they end."""
    last: tuple[object, Session] | None = None
    while True:
        try:
            header, payload = wire.read(requests, most_bytes)
        except wire.Closed:
            return
        _limit_cpu(header["limit_s"])
        try:
            module: Any = import_module(_MODULES[header["format"]])
            if header["do"] == "import":
                wire.write(answers, {"arrays": []})
                continue
            data = bytes(payload[: header["model_bytes"]])
            key = (header["format"], header["kernels"], data)
            if last is None or last[0] != key:
                last = None
                last = (key, module.Session(data, header["kernels"]))
            _each(header, payload[len(data) :], last[1].run, answers)
        except ImportError as error:
            wire.write(answers, {"error": "missing", "sentence": f"cannot be imported: {error}"})
        except MemoryError:
            last = None
            wire.write(answers, {"error": "memory"})
        except Exception as error:  # whatever a runtime raises is its own sentence
            last = None
            memory = any(sign in str(error) for sign in _MEMORY_SIGNS)
            wire.write(answers, {"error": "memory" if memory else "refused", "sentence": str(error)})


def _each(
    header: dict[str, Any],
    payload: memoryview,
    run: Callable[[Mapping[Key, Array], bool], list[tuple[Key, Array]]],
    answers: BinaryIO,
) -> None:
    fresh, carried = True, dict[Key, Array]()
    for descriptions in header["feeds"]:
        feed = wire.unpack(descriptions, payload)
        payload = payload[sum(array.nbytes for _, array in feed) :]
        found = run({**dict(feed), **carried}, fresh)
        described, parts = wire.pack(found)
        wire.write(answers, {"arrays": described}, parts)
        if header["sequence"]:
            fresh, known = False, dict(found)
            carried = {name: known[value] for name, value in header["carry"]}


def _limit(kind: int, most: int) -> None:
    """For good, and not above what the system allows (`ulimit`, batch queues)."""
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _limit_cpu(seconds: float) -> None:
    """The kernel ends this process where the one that watches it is gone."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = math.ceil(used + seconds) + 2
    resource.setrlimit(
        resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )


if __name__ == "__main__":
    main()

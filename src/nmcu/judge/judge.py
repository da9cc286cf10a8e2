"""The judge: asks a worker process for a model's tensors, and ends it where it takes too long or too much."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType, TracebackType
from typing import Any, BinaryIO, Literal, Self, cast

from nmcu.judge import wire
from nmcu.judge.errors import Crashed, JudgeError, NotInstalled, OutOfMemory, OutOfTime, Refused
from nmcu.judge.runtime import Format, Runtime, runtime_of
from nmcu.judge.wire import Array, Key
from nmcu.text import printable

Kernels = Literal["reference", "default"]

WORKER = "nmcu.judge.worker"
START_SECONDS = 60.0
"""What starting the worker and importing a runtime may take, however short a run's limit is."""
_TAIL = 4000
_MEMORY_SIGNS = ("bad_alloc", "MemoryError", "Cannot allocate memory", "out of memory")
_KINDS: Mapping[str, type[JudgeError]] = {"refused": Refused, "memory": OutOfMemory, "missing": NotInstalled}


class Judge:
    """A worker process, started when it is needed and again after a crash.

    `time_s` is the most that one `run` may take, `memory_bytes` the most address space of the worker; libraries of the
    runtime take about 1 GiB of that. Use it in a `with` block, which ends the process.
    """

    def __init__(
        self, time_s: float = 60.0, memory_bytes: int = 4 << 30, worker: Sequence[str] | None = None
    ) -> None:
        self._time_s = time_s
        self._memory_bytes = memory_bytes
        self._command = list(worker or (sys.executable, "-P", "-m", WORKER))
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: BinaryIO | None = None
        self._ready: set[Format] = set()
        self._late = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(
        self,
        data: bytes,
        feeds: Sequence[Mapping[str, Array] | Mapping[Key, Array]],
        kernels: Kernels = "reference",
        *,
        sequence: bool = False,
        carry: Mapping[Key, Key] = MappingProxyType({}),
    ) -> list[dict[Key, Array]]:
        """The tensors of model file `data`, for each of `feeds`: inputs by name (TFLite: or by index) in the model's
        own dtype and layout.

        The inputs are among the tensors, called as they were. `reference`: what the file says, node by node. ONNX
        Runtime without its optimisations: the model's outputs and each quantised tensor, by name; `undefined` names
        masks of what was no number. LiteRT's reference kernels (the default ones where an operator has none): what any
        operator writes, and inputs, by index. `default`: ONNX Runtime as it comes, the model's outputs only; LiteRT's
        optimised kernels, without the XNNPACK delegate (which keeps no tensor between its first and last layer).

        Each of `feeds` starts afresh; in a `sequence` only the first does: later ones find the variables as the one
        before left them, and the inputs that `carry` names get the outputs that it gives for them.

        A model that the last call ran too is not read again. Raises `JudgeError`: `NotInstalled`, `Refused`,
        `Crashed`, `OutOfTime`, `OutOfMemory`.
        """
        runtime = runtime_of(data)
        runtime.check()
        self._start(runtime)
        packed = [wire.pack(list(feed.items())) for feed in feeds]
        header = {
            "do": "run",
            "format": runtime.format,
            "kernels": kernels,
            "sequence": sequence,
            "carry": list(carry.items()),
            "model_bytes": len(data),
            "feeds": [descriptions for descriptions, _ in packed],
        }
        parts: list[wire.Part] = [data, *(part for _, arrays in packed for part in arrays)]
        answers = self._ask(runtime, header, parts, len(feeds), self._time_s)
        for feed, answer in zip(feeds, answers, strict=True):
            answer.update((name, array) for name, array in feed.items() if name not in answer)
        return answers

    def close(self) -> None:
        """End the worker, if there is one."""
        process, self._process = self._process, None
        self._ready.clear()
        if process is not None:
            _kill(process)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def _start(self, runtime: Runtime) -> None:
        if self._process is None or self._process.poll() is not None:
            self.close()
            try:
                self._stderr = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 (closed by `close`)
                self._process = subprocess.Popen(
                    [*self._command, str(self._memory_bytes)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._stderr,
                    start_new_session=True,
                )
            except OSError as error:
                self.close()
                raise Crashed(f"{runtime.title} cannot be started: {error.strerror or error}") from error
        if runtime.format not in self._ready:
            limit = max(self._time_s, START_SECONDS)
            self._ask(runtime, {"do": "import", "format": runtime.format}, [], 1, limit)
            self._ready.add(runtime.format)

    def _ask(
        self,
        runtime: Runtime,
        header: dict[str, Any],
        parts: Sequence[wire.Part],
        answers: int,
        limit_s: float,
    ) -> list[dict[Key, Array]]:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        self._late = False
        timer = threading.Timer(limit_s, self._end_late, (process,))
        timer.daemon = True
        timer.start()
        found = []
        try:
            wire.write(cast(BinaryIO, process.stdin), {**header, "limit_s": limit_s}, parts)
            for _ in range(answers):
                answer, payload = wire.read(cast(BinaryIO, process.stdout), self._memory_bytes)
                if "error" in answer:
                    raise self._error(runtime, answer)
                found.append(dict(wire.unpack(answer["arrays"], payload)))
        except (wire.Closed, wire.Damaged, OSError, KeyError) as error:
            raise self._end(runtime, limit_s) from error
        except KeyboardInterrupt:
            self.close()
            raise
        finally:
            timer.cancel()
        return found

    def _end_late(self, process: subprocess.Popen[bytes]) -> None:
        self._late = True
        _kill(process)

    def _error(self, runtime: Runtime, answer: Mapping[str, Any]) -> JudgeError:
        kind = _KINDS.get(str(answer["error"]), Crashed)
        sentence = printable(" ".join(str(answer.get("sentence", "")).split()))[:1000]
        if kind is OutOfMemory:
            return self._too_large(runtime)
        return kind(f"{runtime.title} {'refuses the model: ' if kind is Refused else ''}{sentence}")

    def _end(self, runtime: Runtime, limit_s: float) -> JudgeError:
        """Why the worker ended."""
        assert self._process is not None
        _kill(self._process) if self._late else None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        code, said = self._process.poll(), self._said()
        self.close()
        if self._late or code == -signal.SIGXCPU:
            return OutOfTime(f"{runtime.title} took longer than {limit_s:g} s")
        if any(sign in said for sign in _MEMORY_SIGNS):
            return self._too_large(runtime)
        how = f"signal {signal.Signals(-code).name}" if code and code < 0 else f"exit code {code}"
        return Crashed(f"{runtime.title} crashed ({how})")

    def _too_large(self, runtime: Runtime) -> OutOfMemory:
        return OutOfMemory(f"{runtime.title} needs more than {self._memory_bytes >> 20} MiB of memory")

    def _said(self) -> str:
        assert self._stderr is not None
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _TAIL))
        return self._stderr.read().decode(errors="replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the worker and whatever it started; it leads a session of its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)

"""Processes that measure end with the one that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import os, pathlib, sys, time
from nmcu.work.processes import Processes

def measure(name):
    (pathlib.Path(sys.argv[1]) / name).write_text(str(os.getpid()))
    time.sleep(120)

if __name__ == "__main__":
    with Processes(2) as pool:
        pool.run(measure, ["a", "b"])
"""


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_the_one_that_started_them(tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    found = tmp_path / "found"
    found.mkdir()
    process = subprocess.Popen(
        [sys.executable, tmp_path / "script.py", found],
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until = time.monotonic() + 60
    while sum(bool(file.read_text()) for file in found.iterdir()) < 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    workers = [int(file.read_text()) for file in found.iterdir()]
    process.send_signal(how)
    process.wait(20)
    while any(map(_alive, workers)):
        assert time.monotonic() < until
        time.sleep(0.05)

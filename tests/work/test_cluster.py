"""Dask clusters that exist: equal results, and one sentence for what is not there or differs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from networks import conv_linear
from nmcu import api
from nmcu.errors import NmcuError
from nmcu.work import workers
from pieces import CASES, DEADLY, Square

distributed = pytest.importorskip("distributed", reason="needs the extra search")
pytestmark = pytest.mark.slow
TESTS = Path(__file__).parents[1]


@contextmanager
def _started(*arguments: object, path: tuple[Path, ...] = ()) -> Iterator[None]:
    """A Dask program, until the end of the block; `path` are folders that it looks for packages in first."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (*path, TESTS)))}
    command = [sys.executable, "-m", "distributed.cli.dask_" + str(arguments[0]), *map(str, arguments[1:])]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler on this machine without workers."""
    file = tmp_path / "scheduler.json"
    with _started(
        "scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", file
    ):
        with distributed.Client(scheduler_file=str(file), timeout=60, set_as_default=False) as client:
            address = client.scheduler.address
        yield address


def test_two_workers_of_which_one_dies_give_the_results_of_one_process(
    scheduler: str, tmp_path: Path
) -> None:
    with workers(1) as here:
        expected = here.run(Square(None, spared=os.getpid()), CASES)
    mark = tmp_path / "mark"
    two = _started("worker", scheduler, "--nworkers", 2, "--nthreads", 1, "--no-dashboard")
    with two, workers(scheduler=scheduler) as pool:
        assert pool.run(Square(mark), CASES) == expected
    assert mark.exists(), f"nothing died at case {DEADLY}"


def test_evaluation_on_a_cluster_counts_as_here(scheduler: str, tmp_path: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    rows = []
    for number in range(40):
        file = tmp_path / f"{number}.png"
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).save(file)
        rows.append(file.read_bytes())
    data = tmp_path / "data.parquet"
    pq.write_table(pa.table({"img": rows, "label": [n % 10 for n in range(40)]}), data)
    here = api.evaluate(conv_linear(), data)
    with _started("worker", scheduler, "--nworkers", 2, "--nthreads", 1, "--no-dashboard"):
        there = api.evaluate(conv_linear(), data, scheduler=scheduler)
    assert (there.images, there.correct) == (here.images, here.correct) == (40, here.correct)


def test_a_worker_of_another_version_is_refused(scheduler: str, tmp_path: Path) -> None:
    other = tmp_path / "nmcu-9.9.9.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: nmcu\nVersion: 9.9.9\n")
    with _started("worker", scheduler, "--nthreads", 1, "--no-dashboard", path=(tmp_path,)):
        with distributed.Client(scheduler, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
        with pytest.raises(NmcuError, match=r"the worker tcp://.* has nmcu 9\.9\.9, here is nmcu"):
            workers(scheduler=scheduler).__enter__()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "tcp://", "http://127.0.0.1:1"])
def test_a_scheduler_that_is_not_there_is_one_sentence(
    address: str, nmcu: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmcu.work.cluster.ANSWER_S", 1)
    with pytest.raises(NmcuError, match=f"no Dask scheduler answers at {address}"):
        workers(scheduler=address).__enter__()

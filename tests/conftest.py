"""Fixtures shared by all rooms' tests."""

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded: as of the command (nmcu.cli)

import pytest
from hypothesis import settings

from nmcu.cli import main

# The same examples each time: a change is what makes a test fail. `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("repeat", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("repeat")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder with real models and data; tests that need it skip where it is absent."""
    folder = os.environ.get("NMCU_TEST_DATA")
    if not folder:
        pytest.skip("NMCU_TEST_DATA is not set: this test needs real models and data")
    path = Path(folder)
    assert path.is_dir(), f"NMCU_TEST_DATA names {path}, which is not a folder"
    return path


class Result:
    """Exit code and both streams of one command."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def nmcu(capfd: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as caught:
            main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        code = caught.value.code
        return Result(code if isinstance(code, int) else 0, out, err)

    return call

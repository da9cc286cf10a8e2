"""Fixtures shared by all rooms' tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

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

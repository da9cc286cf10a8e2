"""The training room needs the extra `train`: without PyTorch its tests are skipped, and say so."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path

import pytest

HAS_TORCH = importlib.util.find_spec("torch") is not None


class _Skipped(pytest.Module):
    def collect(self) -> Iterable[pytest.Item]:
        pytest.skip("PyTorch is not installed: the extra [train] brings it", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Skip a module instead of importing it."""
    return None if HAS_TORCH else _Skipped.from_parent(parent, path=module_path)


@pytest.fixture(autouse=True)
def _one_thread_and_seed() -> None:
    if HAS_TORCH:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(0)

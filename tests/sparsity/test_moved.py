"""Weights that a quantiser took a few zeros of: told, as no sparse kernel for their pattern runs."""

import numpy as np
import pytest

from nmcu.sparsity import NMPattern, mask, moved

SHAPE = (16, 3, 3, 32)


def weights(pattern: str = "1:8", broken: int = 0) -> np.ndarray:
    rng = np.random.default_rng(0)
    full = rng.integers(1, 128, SHAPE).astype(np.int8)
    kept = full * mask(full, NMPattern.parse(pattern))
    places = rng.permutation(np.flatnonzero(kept == 0))[:broken]
    kept.reshape(-1)[places] = 1
    return kept


@pytest.mark.parametrize("pattern", ["1:4", "1:8", "1:16", "1:8x4"])
@pytest.mark.parametrize("broken", [1, 12])
def test_few_weights_that_break_a_pattern(pattern: str, broken: int) -> None:
    found = moved.moved(weights(pattern, broken))
    assert found == (NMPattern.parse(pattern.removesuffix("x4")), broken)
    text = moved.sentence(weights(pattern, broken)) or ""
    assert text.startswith(f"{broken} weights that are" if broken > 1 else "a weight that is")


@pytest.mark.parametrize("density", [0.02, 0.05, 0.12, 0.3, 1.0])
def test_unstructured_and_dense_weights_are_not_said_to_follow_one(density: float) -> None:
    rng = np.random.default_rng(1)
    assert moved.moved((rng.random(SHAPE) < density).astype(np.int8)) is None


def test_a_pattern_that_holds_and_one_that_never_did() -> None:
    assert moved.moved(weights()) is None
    assert moved.moved(weights("2:8")) is None
    assert moved.moved(weights(broken=200)) is None

"""Weights chosen by what the result of a layer loses without them."""

import numpy as np
import pytest

from nmcu.layerwise import LeastSquares, selected, selection
from nmcu.sparsity import NMPattern, blocks, mask

SHAPES = {
    "1:4": (6, 3, 3, 8),
    "1:8x4": (10, 2, 1, 16),  # the last group is not full
    "2:8": (5, 1, 1, 24),
    "2:4": (4, 3, 1, 10),  # nor is the last block of each tap
    "3:4x2": (3, 2, 1, 9),  # whose last block has one weight, of which three may stay
}


def problem_of(shape: tuple[int, ...], seed: int = 0) -> LeastSquares:
    """Of inputs that depend on each other, as those of real layers do."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape[1:]))
    x = rng.normal(0, 20, (600, size // 2)) @ rng.normal(0, 1, (size // 2, size)) + rng.normal(
        3, 4, (600, size)
    )
    with_one = np.concatenate([x, np.ones((600, 1))], axis=1)
    return LeastSquares.of(rng.normal(0, 30, (shape[0], size)), with_one.T @ with_one)


def errors(problem: LeastSquares, kept: np.ndarray) -> np.ndarray:
    """What each output channel (Cout,) loses with the best weights at the places that stay, beside a constant."""
    best = problem.solved(kept.reshape(len(kept), -1))
    return np.sum((best @ problem.left) * best, axis=1) - 2 * np.sum(best.T * problem.aim, axis=0)


@pytest.mark.parametrize("name", SHAPES)
def test_the_pattern_holds_and_is_used_up(name: str) -> None:
    shape, pattern = SHAPES[name], NMPattern.parse(name)
    view = blocks.split(selected(problem_of(shape), pattern, shape), pattern.m, pattern.group)
    real = blocks.split(np.ones(shape, bool), pattern.m, pattern.group)
    assert (view.any(axis=1).sum(-1) == np.minimum(real.any(axis=1).sum(-1), pattern.n)).all()
    assert ((view == view.any(axis=1, keepdims=True)) | ~real).all()  # channels of a group share positions


@pytest.mark.parametrize("name", SHAPES)
def test_no_other_weight_of_a_block_would_be_better(name: str) -> None:
    shape, pattern = SHAPES[name], NMPattern.parse(name)
    problem = problem_of(shape)
    kept = selected(problem, pattern, shape)
    view = blocks.split(kept, pattern.m, pattern.group)
    real = blocks.split(np.ones(shape, bool), pattern.m, pattern.group)
    before = errors(problem, kept).sum()
    improved = tried = 0
    for group, tap, block in np.ndindex(view.shape[0], *view.shape[2:4]):
        this = view[group, :, tap, block]
        for old in np.flatnonzero(this.any(axis=0)):
            for new in np.flatnonzero(real[group, :, tap, block].any(axis=0) & ~this.any(axis=0)):
                other = view.copy()
                other[group, :, tap, block, old], other[group, :, tap, block, new] = False, True
                tried += 1
                improved += errors(problem, blocks.join(other & real, shape)).sum() < before - 1e-3 * abs(
                    before
                )
    assert tried == 0 or improved <= 0.01 * tried


@pytest.mark.parametrize("name", ["1:4", "1:8x4", "2:8"])
def test_less_is_lost_than_by_magnitude(name: str) -> None:
    shape, pattern = SHAPES[name], NMPattern.parse(name)
    rng = np.random.default_rng(1)
    size = int(np.prod(shape[1:]))
    problem = problem_of(shape, 1)
    weight = rng.normal(0, 30, (shape[0], size))
    problem = LeastSquares(problem.left, problem.left @ weight.T, problem.mean, problem.result)
    whole = np.sum((weight @ problem.left) * weight)
    by_cost, by_magnitude = (
        (whole + errors(problem, kept).sum()) / whole
        for kept in (selected(problem, pattern, shape), mask(weight.reshape(shape), pattern))
    )
    assert 0 < by_cost < 0.8 * by_magnitude


def test_inputs_that_are_always_zero_are_not_kept() -> None:
    """Where others are there; and an input that is nothing but zeros is no error."""
    shape = (4, 1, 1, 16)
    rng = np.random.default_rng(2)
    x = rng.normal(0, 10, (300, 16)) * (np.arange(16) % 4 == 3)
    with_one = np.concatenate([x, np.ones((300, 1))], axis=1)
    problem = LeastSquares.of(rng.normal(0, 1, (4, 16)), with_one.T @ with_one)
    assert (selected(problem, NMPattern(1, 4), shape) == (np.arange(16) % 4 == 3)).all()
    nothing = LeastSquares.of(rng.normal(0, 1, (4, 16)), np.diag([0.0] * 16 + [300.0]))
    assert selected(nothing, NMPattern(1, 4), shape).sum() == 16
    assert np.isfinite(nothing.solved(np.ones((4, 16), bool))).all()


def test_where_exchanges_would_take_too_long_the_first_choice_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    shape, pattern = SHAPES["1:4"], NMPattern.parse("1:4")
    problem = problem_of(shape)
    exchanged = errors(problem, selected(problem, pattern, shape)).sum()
    monkeypatch.setattr(selection, "MOST_WORK", 1.0)
    kept = selected(problem, pattern, shape)
    assert blocks.split(kept, 4, 1).sum(-1).max() == 1
    assert errors(problem, kept).sum() > exchanged

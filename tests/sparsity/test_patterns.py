"""N:M patterns: what they mean, how they are found, what a mask keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.sparsity import NMPattern, detect, mask

SHAPES = st.one_of(
    st.tuples(st.integers(1, 9), st.integers(1, 40)),
    st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 3), st.integers(1, 40)),
)
WEIGHTS = SHAPES.flatmap(lambda s: hnp.arrays(np.int8, s))
PATTERNS = st.builds(NMPattern, st.integers(1, 4), st.sampled_from([5, 8, 16]), st.sampled_from([1, 2, 4]))


@pytest.mark.parametrize("text", ["1:4", "1:8", "2:4", "1:16", "1:8x4", "2:8x2"])
def test_text_round_trip(text: str) -> None:
    assert str(NMPattern.parse(text)) == text


def test_a_group_of_one_is_not_written() -> None:
    assert str(NMPattern.parse("1:8x1")) == "1:8"


@pytest.mark.parametrize(
    "text", ["", "dense", "1:1", "4:2", "0:4", "1:8x0", "1:8x", " 1:8", "1:8\n", "1:9999", "-1:8"]
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(NmcuError, match="not an N:M pattern"):
        NMPattern.parse(text)


@given(WEIGHTS, PATTERNS)
def test_a_mask_keeps_at_most_n_of_each_block_at_shared_positions(
    weight: NDArray[np.int8], pattern: NMPattern
) -> None:
    kept = mask(weight, pattern)
    assert kept.shape == weight.shape
    flat = kept.reshape(weight.shape[0], -1, weight.shape[-1])
    for first in range(0, flat.shape[0], pattern.group):
        group = flat[first : first + pattern.group]
        assert (group == group[:1]).all()
    for start in range(0, flat.shape[2], pattern.m):
        block = flat[:, :, start : start + pattern.m]
        assert (np.count_nonzero(block, axis=2) == min(pattern.n, block.shape[2])).all()


@given(WEIGHTS, PATTERNS)
def test_a_mask_keeps_the_largest_joint_magnitudes(weight: NDArray[np.int8], pattern: NMPattern) -> None:
    size = np.abs(weight.astype(int)).reshape(weight.shape[0], -1, weight.shape[-1])
    kept = mask(weight, pattern).reshape(size.shape)
    for first in range(0, size.shape[0], pattern.group):
        joint, chosen = size[first : first + pattern.group].sum(axis=0), kept[first]
        for start in range(0, size.shape[2], pattern.m):
            part, used = joint[:, start : start + pattern.m], chosen[:, start : start + pattern.m]
            best = np.sort(part, axis=1)[:, ::-1][:, : pattern.n].sum(axis=1)
            assert (np.where(used, part, 0).sum(axis=1) == best).all()


@pytest.mark.parametrize(
    "text", ["1:2", "1:4", "1:8", "1:16", "1:32", "1:32x4", "2:8", "1:4x4", "1:8x4", "1:16x2", "3:16x4"]
)
def test_detection_finds_what_a_mask_left(text: str) -> None:
    rng = np.random.default_rng(0)
    weight = rng.integers(1, 128, (8, 3, 3, 96)).astype(np.int8)
    pattern = NMPattern.parse(text)
    assert detect(weight * mask(weight, pattern)) == pattern


def test_detection_works_with_sizes_that_nothing_divides() -> None:
    weight = np.random.default_rng(0).integers(1, 128, (17, 3, 3, 33)).astype(np.int8)
    pattern = NMPattern(1, 8, 4)
    assert detect(weight * mask(weight, pattern)) == pattern


def test_dense_weights_have_no_pattern() -> None:
    assert detect(np.ones((4, 3, 3, 16), np.int8)) is None
    assert detect(np.eye(4, 3, dtype=np.int8)[:, :1]) is None, "one channel has no block of two"


def test_empty_weights_have_the_sparsest_pattern_their_shape_allows() -> None:
    assert detect(np.zeros((4, 3, 3, 40), np.int8)) == NMPattern(1, 32, 4)
    assert detect(np.zeros((4, 3, 3, 16), np.int8)) == NMPattern(1, 16, 4)
    assert detect(np.zeros((1, 4), np.int8)) == NMPattern(1, 4)


@given(WEIGHTS)
def test_detection_never_promises_what_does_not_hold(weight: NDArray[np.int8]) -> None:
    found = detect(weight)
    if found is None:
        return
    assert found.m <= weight.shape[-1]
    assert found.group <= weight.shape[0]
    assert 2 * found.n <= found.m
    used = (weight != 0).reshape(weight.shape[0], -1, weight.shape[-1])
    for first in range(0, used.shape[0], found.group):
        union = used[first : first + found.group].any(axis=0)
        for start in range(0, union.shape[1], found.m):
            assert np.count_nonzero(union[:, start : start + found.m], axis=1).max() <= found.n


def test_weights_without_a_reduction_axis_are_refused() -> None:
    with pytest.raises(NmcuError, match="reduction axis"):
        mask(np.ones(4, np.int8), NMPattern(1, 4))

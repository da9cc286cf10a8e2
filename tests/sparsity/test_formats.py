"""Packed formats: packing loses nothing, and takes exactly the bytes that the formula says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmcu.errors import NmcuError
from nmcu.sparsity import (
    NMPattern,
    Support,
    distances,
    mask,
    of_pattern,
    offsets,
    per_channel,
    unstructured,
)
from sparsity.strategies import supports, weights

PUBLISHED = st.sampled_from([NMPattern(1, 4), NMPattern(1, 8), NMPattern(1, 16), NMPattern(1, 32)])


@given(supports, st.sampled_from([1, 4, 8]), st.booleans())
def test_distances_unpack_to_what_was_packed(
    case: tuple[np.ndarray, Support], step: int, whole: bool
) -> None:
    weight, support = case
    segments = 1 if whole or weight.ndim == 2 else weight.shape[1]
    where = segments, -(-weight.shape[-1] // 4) * 4, step
    packed = distances.pack(weight, support, *where)
    np.testing.assert_array_equal(distances.unpack(packed, weight.shape), weight)
    assert distances.packed_bytes(support, *where) == (packed.value.nbytes, packed.distance.nbytes)
    assert packed.value.shape[-1] % 4 == 0 and packed.value.shape[-1] > 0
    assert (packed.distance % step == 0).all()


@given(supports)
def test_entries_of_a_segment_stand_inside_it(case: tuple[np.ndarray, Support]) -> None:
    """A segment of the kernel is followed by a jump: an entry beyond its end would be read elsewhere."""
    weight, support = case
    segments, words = 1 if weight.ndim == 2 else weight.shape[1], -(-weight.shape[-1] // 4) * 4
    packed = distances.pack(weight, support, segments, words, 8)
    where = np.cumsum(packed.distance.astype(int), axis=1)[:, :-1] // 8
    size = support.taps // segments * words
    segment = np.arange(segments)[:, None] * size
    inside = where.reshape(support.groups, segments, -1) - segment
    assert (inside >= 0).all() and (inside < size).all()


@given(weights(PUBLISHED))
def test_offsets_unpack_to_what_was_packed(case: tuple[np.ndarray, NMPattern]) -> None:
    weight, pattern = case
    packed = offsets.pack(weight, of_pattern(weight, pattern))
    np.testing.assert_array_equal(offsets.unpack(packed, weight.shape), weight)
    assert packed.m == min(pattern.m, 16)
    assert offsets.packed_bytes(packed.m, weight.shape) == (packed.value.nbytes, packed.word.nbytes)


def pruned(text: str, shape: tuple[int, ...] = (64, 3, 3, 64)) -> Support:
    weight, pattern = np.ones(shape, np.int8), NMPattern.parse(text)
    return of_pattern(weight * mask(weight, pattern), pattern)


@pytest.mark.parametrize(("format_name", "most"), [("offsets", 0.19), ("distances", 0.26)])
def test_size_at_one_in_eight(format_name: str, most: float) -> None:
    """With a reduction length that is a multiple of 64; dense is one byte a weight."""
    shape = (64, 3, 3, 64)
    size = sum(
        offsets.packed_bytes(8, shape)
        if format_name == "offsets"
        else distances.packed_bytes(pruned("1:8"), 3, 64, 4)
    )
    assert size <= most * np.prod(shape)


def test_groups_share_their_distances() -> None:
    values, alone = distances.packed_bytes(pruned("1:8"), 3, 64, 4)
    same_values, shared = distances.packed_bytes(pruned("1:8x4"), 3, 64, 4)
    assert (same_values, shared) == (values, alone // 4)


def test_one_in_thirty_two_takes_half_of_one_in_sixteen() -> None:
    shape = (64, 3, 3, 64)
    half, all_ = (distances.entries_per_segment(pruned(text, shape), 1, 64, 4) for text in ("1:32", "1:16"))
    assert (half, all_) == (20, 36)  # 18 and 36, in fours


@pytest.mark.parametrize("step", [4, 8])
def test_a_long_way_takes_entries_of_zeros(step: int) -> None:
    """From position 1 to 200, in hops of 63 (31) at most."""
    weight = np.zeros((1, 201), np.int8)
    weight[0, [1, 200]] = 5, -7
    packed = distances.pack(weight, unstructured(weight), 1, 204, step)
    hops = -(-199 // (255 // step))
    assert np.count_nonzero(packed.value) == 2
    assert packed.value.size == -(-(1 + hops) // 4) * 4
    assert packed.distance.max() == 255 // step * step
    np.testing.assert_array_equal(distances.unpack(packed, weight.shape), weight)


def test_what_a_format_does_not_hold_is_refused() -> None:
    dense = np.ones((4, 16), np.int8)
    with pytest.raises(NmcuError, match="weights are not 1:8: channel 0, tap 0, block 0 has 8 positions"):
        of_pattern(dense, NMPattern(1, 8))
    for support, name in (
        (pruned("2:8"), "2:8"),
        (pruned("1:5"), "1:5"),
        (unstructured(dense), "unstructured"),
        (per_channel(dense, 16), "N:16 per channel"),
    ):
        assert offsets.refusal(support) == "weights that are not 1:4, 1:8 or 1:16 sparse"
        with pytest.raises(NmcuError, match=f"holds 1:4, 1:8 and 1:16, not {name}"):
            offsets.pack(dense, support)
    assert offsets.refusal(None)


def test_which_groups_distances_take() -> None:
    assert distances.refusal(pruned("1:8x4"), 4) is None
    assert distances.refusal(pruned("1:8x4"), 1) is None
    wanted = "pattern 1:8: needs groups of 4 channels that share positions"
    assert distances.refusal(pruned("1:8"), 4) == wanted
    weight = np.zeros((4, 32), np.int8)
    for channel in range(4):
        weight[channel, 8 * channel : 8 * channel + 5] = 1
    free = unstructured(weight)
    assert distances.refusal(free, 1) is None
    assert (
        distances.refusal(free, 4)
        == "unstructured weights: groups of 4 channels use 62% of the positions, more than half"
    )

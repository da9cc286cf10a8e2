"""Packed formats: packing loses nothing, and takes exactly the bytes that the formula says."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nmcu.errors import NmcuError
from nmcu.sparsity import NMPattern, distances, mask, offsets, positions
from sparsity.strategies import patterns, weights

Case = tuple[np.ndarray, NMPattern]
PUBLISHED = st.sampled_from([NMPattern(1, 4), NMPattern(1, 8), NMPattern(1, 16)])


@given(weights())
def test_entries_hold_all_weights(case: Case) -> None:
    weight, pattern = case
    found = positions.entries(weight, pattern)
    np.testing.assert_array_equal(positions.weights(found, weight.shape), weight)
    assert (np.diff(found.position.astype(int), axis=-1) >= 0).all()


@given(weights(patterns(8)), st.sampled_from([1, 4, 8]), st.booleans())
def test_distances_unpack_to_what_was_packed(case: Case, step: int, whole: bool) -> None:
    weight, pattern = case
    segments = 1 if whole or weight.ndim == 2 else weight.shape[1]
    tap_words = -(-weight.shape[-1] // 4) * 4
    assume(tap_words >= weight.shape[-1])
    try:
        packed = distances.pack(weight, pattern, segments, tap_words, step)
    except NmcuError as error:
        assert "does not fit a byte" in str(error)
        return
    np.testing.assert_array_equal(distances.unpack(packed, weight.shape), weight)
    size = distances.packed_bytes(pattern, weight.shape, segments)
    assert size == (packed.value.nbytes, packed.distance.nbytes)


@given(weights(PUBLISHED))
def test_offsets_unpack_to_what_was_packed(case: Case) -> None:
    weight, pattern = case
    packed = offsets.pack(weight, pattern)
    np.testing.assert_array_equal(offsets.unpack(packed, weight.shape), weight)
    assert offsets.packed_bytes(pattern, weight.shape) == (packed.value.nbytes, packed.word.nbytes)


@pytest.mark.parametrize(("format_name", "most"), [("offsets", 0.19), ("distances", 0.26)])
def test_size_at_one_in_eight(format_name: str, most: float) -> None:
    """With a reduction length that is a multiple of 64; dense is one byte a weight."""
    pattern, shape = NMPattern(1, 8), (64, 3, 3, 64)
    size = sum(
        offsets.packed_bytes(pattern, shape)
        if format_name == "offsets"
        else distances.packed_bytes(pattern, shape, 3)
    )
    assert size <= most * np.prod(shape)


def test_groups_share_their_distances() -> None:
    shape = (64, 3, 3, 64)
    values, alone = distances.packed_bytes(NMPattern(1, 8), shape, 3)
    same_values, shared = distances.packed_bytes(NMPattern(1, 8, 4), shape, 3)
    assert (same_values, shared) == (values, alone // 4)


def test_what_a_format_does_not_hold_is_refused() -> None:
    dense = np.ones((4, 16), np.int8)
    with pytest.raises(NmcuError, match="weights are not 1:8: channel 0, tap 0, block 0 has 8 positions"):
        offsets.pack(dense, NMPattern(1, 8))
    with pytest.raises(NmcuError, match="holds 1:4, 1:8 and 1:16, not 2:8"):
        offsets.pack(dense * mask(dense, NMPattern(2, 8)), NMPattern(2, 8))
    far = np.zeros((1, 129), np.int8)
    far[0, [0, 128]] = 1
    with pytest.raises(NmcuError, match="a gap of 256 bytes between two weights does not fit a byte"):
        distances.pack(far, NMPattern(1, 128), 1, 132, 2)

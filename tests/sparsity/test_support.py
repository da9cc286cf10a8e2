"""Supports: where weights may be non-zero, from a pattern, per channel, or as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmcu.errors import NmcuError
from nmcu.sparsity import NMPattern, Support, mask, natural, of_pattern, per_channel, unstructured
from sparsity.strategies import supports


@given(supports)
def test_entries_hold_all_weights_in_order(case: tuple[np.ndarray, Support]) -> None:
    weight, support = case
    slots = support.entries()
    order = slots.tap * weight.shape[-1] + slots.position
    assert (np.diff(order) >= 0).all(), "taps and positions do not decrease"
    values = support.values(weight, slots)
    dense = np.zeros((support.groups, support.group, support.taps, weight.shape[-1]), np.int64)
    group, tap = np.divmod(slots.tap, support.taps)
    np.add.at(dense, (group, slice(None), tap, slots.position), values)
    found = dense.reshape(-1, support.taps, weight.shape[-1])[: len(weight)].reshape(weight.shape)
    np.testing.assert_array_equal(found, weight)


@given(supports, st.sampled_from([1, 2]))
def test_finer_groups_hold_the_same_weights(case: tuple[np.ndarray, Support], group: int) -> None:
    weight, support = case
    if support.group % group:
        return
    finer = support.in_groups(group)
    assert finer.group == group and support.in_groups(group) is finer
    slots = finer.entries()
    used = finer.values(weight, slots)
    assert np.count_nonzero(used) == np.count_nonzero(weight)


def test_a_pattern_gives_every_block_its_slots() -> None:
    weight = np.zeros((3, 2, 2, 20), np.int8)
    weight[0, 1, 0, 7] = 5
    support = of_pattern(weight, NMPattern(2, 8))
    slots = support.entries()
    assert len(slots.tap) == 3 * 4 * 3 * 2 and np.count_nonzero(slots.used) == 1
    assert support.name == "2:8"
    assert support.in_groups(1) is support
    with pytest.raises(NmcuError, match="pattern 2:8 is not one of groups of 4 channels"):
        support.in_groups(4)


def test_each_channel_has_an_n_of_its_own() -> None:
    rng = np.random.default_rng(0)
    weight = rng.integers(1, 128, (3, 3, 3, 32)).astype(np.int8)
    for channel, n in enumerate((1, 3, 2)):
        row = weight[channel : channel + 1]
        row *= mask(row, NMPattern(n, 16))
    support = per_channel(weight, 16)
    assert support.slots.ravel().tolist() == [1, 3, 2]
    assert np.bincount(support.entries().tap // 9).tolist() == [18, 54, 36]
    assert support.name == "N:16 per channel" and support.pattern is None


def test_unstructured_weights_have_a_slot_each() -> None:
    weight = np.zeros((5, 33), np.int8)
    weight[[0, 0, 4], [0, 32, 5]] = 1
    alone, four = unstructured(weight), unstructured(weight).in_groups(4)
    assert list(zip(alone.entries().tap, alone.entries().position, strict=True)) == [(0, 0), (0, 32), (4, 5)]
    assert list(zip(four.entries().tap, four.entries().position, strict=True)) == [(0, 0), (0, 32), (1, 5)]
    assert alone.share == 3 / (5 * 33) and four.share == 3 / (2 * 33)


def test_a_pattern_met_by_chance_is_not_what_weights_are_packed_by() -> None:
    rng = np.random.default_rng(0)
    weight = rng.integers(1, 128, (16, 3, 3, 64)).astype(np.int8)
    pruned = weight * mask(weight, NMPattern(1, 8))
    pruned[rng.random(weight.shape) < 0.1] = 0  # weights that quantisation rounded to zero
    assert natural(pruned, NMPattern(1, 8)).name == "1:8"
    scattered = np.where(rng.random(weight.shape) < 0.1, weight, 0)
    assert natural(scattered, NMPattern(8, 16)).name == "unstructured"
    assert natural(scattered, None).name == "unstructured"

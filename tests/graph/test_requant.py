"""Requantisation: both forms are exact, and the narrow one's promises hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmcu.errors import ModelError
from nmcu.graph import TensorInfo, affine, requant

INT32 = np.iinfo(np.int32)


def as_narrow_kernel(acc: int, multiplier: int, shift: int, zero: int, lo: int, hi: int) -> int:
    """What an int32 machine computes; asserts that nothing overflows."""
    rc = (1 << (shift - 1)) + (zero << shift)
    for value in (rc, acc * multiplier, acc * multiplier + (1 << (shift - 1)), acc * multiplier + rc):
        assert INT32.min <= value <= INT32.max
    return max(lo, min(hi, (acc * multiplier + rc) >> shift))


def as_wide_kernel(acc: int, multiplier: int, shift: int, zero: int, lo: int, hi: int) -> int:
    """One mulh, then int32; asserts that nothing overflows."""
    high = (acc * multiplier) >> 32
    rc = (1 << (shift - 33)) + (zero << (shift - 32))
    assert INT32.min <= rc <= INT32.max
    assert INT32.min <= high + rc <= INT32.max
    return max(lo, min(hi, (high + rc) >> (shift - 32)))


@given(
    factors=st.lists(st.floats(1e-12, 2.0**29) | st.floats(1e-4, 4), min_size=1, max_size=4),
    bound=st.integers(1, 2**31 - 1),
    zero=st.integers(-128, 127),
    allowed=st.sampled_from([requant.SHORT_SUMS_ERROR, requant.GOOD_ERROR, requant.LONG_SUMS_ERROR]),
    data=st.data(),
)
def test_kernels_compute_the_definition(
    factors: list[float], bound: int, zero: int, allowed: float, data: st.DataObject
) -> None:
    low, high = np.full(len(factors), -bound), np.full(len(factors), bound)
    chosen = requant.choose("n", np.array(factors), low, high, zero, allowed=allowed)
    limits = requant.clip_limit(chosen.multiplier, chosen.shift.clip(max=30), zero)
    for c, factor in enumerate(factors):
        multiplier, shift, limit = int(chosen.multiplier[c]), int(chosen.shift[c]), int(limits[c])
        wide = shift >= requant.MIN_WIDE_SHIFT
        assert wide or 1 <= shift <= 30
        assert wide or chosen.form != "wide"
        assert not wide or (chosen.form != "narrow" and shift <= requant.MAX_WIDE_SHIFT)
        for acc in (-bound, bound, 0, data.draw(st.integers(-bound, bound))):
            (wanted,) = requant.apply(np.array([acc]), np.array(multiplier), np.array(shift), zero, -128, 127)
            if wide:
                found = as_wide_kernel(acc, multiplier, shift, zero, -128, 127)
            else:
                clipped = max(-limit - 1, min(limit, acc)) if chosen.form == "mixed" else acc
                found = as_narrow_kernel(clipped, multiplier, shift, zero, -128, 127)
            assert found == wanted
            exact = acc * factor + zero
            if -128 < exact < 127:
                assert abs(int(wanted) - exact) <= 0.5 + allowed + 1e-6


def test_a_tiny_scale_does_not_cost_the_other_channels_their_form() -> None:
    """Of a public network (HAR): a channel whose scale is next to nothing has a bias that fills int32, needs 64 bits;
    a factor near 1 fits no product with `mulh`."""
    factor = np.array([0.002, 1e-8, 0.9, 1.0])
    reach = np.array([2**19, 2**30, 2**20, 100])
    chosen = requant.choose("n", factor, -reach, reach, -128)
    assert chosen.form == "mixed"
    assert list(chosen.shift >= requant.MIN_WIDE_SHIFT) == [False, True, False, False]
    assert int(chosen.multiplier[2]).bit_length() >= 20


def test_overflow_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="'conv7'"):
        requant.choose("conv7", np.array([0.1]), np.array([-(2**31) - 1]), np.array([0]), 0)


@pytest.mark.parametrize("factor", [0.0, -1.0, np.nan, np.inf, 2.0**31])
def test_factors_that_are_none(factor: float) -> None:
    with pytest.raises(ModelError, match="scales"):
        requant.choose("n", np.array([factor]), np.array([-1]), np.array([1]), 0)


@given(st.integers(0, 2**32))
def test_accumulator_range_is_reached_and_never_left(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.integers(-128, 128, (3, 20)).astype(np.int8)
    bias = rng.integers(-1000, 1000, 3)
    low, high = affine.accumulator_range(weight, bias)
    for c in range(3):
        top = np.where(weight[c] > 0, 127, -128)
        bottom = np.where(weight[c] > 0, -128, 127)
        assert high[c] == bias[c] + int(top @ weight[c].astype(int))
        assert low[c] == bias[c] + int(bottom @ weight[c].astype(int))


def test_a_channel_of_zeros_is_its_constant_and_does_not_force_the_wide_form() -> None:
    x, y = TensorInfo("x", (1, 4), scale=0.1, zero_point=3), TensorInfo("y", (), scale=0.1, zero_point=-3)
    weight = np.array([[0, 0, 0, 0], [1, 0, 0, 0]], np.int8)
    folded = affine.fold("n", x, y, weight, np.array([1e-12, 0.5]), np.array([2**40, 7]))
    assert folded.form == "narrow"
    value = requant.apply(folded.bias, folded.multiplier, folded.shift, -3, -128, 127)
    assert value[0] == round(2**40 * 1e-12 * 0.1 / 0.1) - 3


@pytest.mark.parametrize("bias", [2**40, -(2**40), 0])
def test_a_channel_that_no_input_moves_is_its_constant(bias: int) -> None:
    """Its products, 200 steps of 1e-12, cannot move the bias across a half; saturated ones cannot come back."""
    x, y = TensorInfo("x", (1, 4), scale=0.1, zero_point=3), TensorInfo("y", (), scale=0.1, zero_point=-3)
    weight = np.array([[127, -128, 5, 1], [1, 0, 0, 0], [100, 0, 0, 0]], np.int8)
    folded = affine.fold("n", x, y, weight, np.array([1e-12, 0.5, 0.01]), np.array([bias, 7, 10**7]))
    assert folded.form == "narrow"
    low, high = affine.accumulator_range(weight, folded.bias)
    for acc in (low, high):
        value = requant.apply(acc, folded.multiplier, folded.shift, -3, -128, 127)
        assert value[0] == round(bias * 1e-12) - 3
        assert value[2] == 127


def test_wide_multipliers_keep_only_the_bits_that_are_needed() -> None:
    """At one place for all channels, where their products without nine bits fit int32."""
    factor = np.array([0.0021, 0.0013, 0.0034, 0.0009])
    reach = np.array([900_000, 1_100_000, 700_000, 1_000_000])
    chosen = requant.choose("n", factor, -reach, reach, -128, allowed=requant.LONG_SUMS_ERROR)
    assert chosen.form == "wide"
    place = requant.SPLIT_BITS + 31 - int(np.ceil(np.log2((reach * factor).max() + 129)))
    kept = chosen.multiplier >> (chosen.shift - place)
    np.testing.assert_array_equal(kept << (chosen.shift - place), chosen.multiplier)
    np.testing.assert_array_equal(kept, np.floor(factor * 2.0**place + 0.5))


def test_sums_of_few_products_need_less_precision() -> None:
    x, y = TensorInfo("x", (1, 9), scale=0.1, zero_point=3), TensorInfo("y", (), scale=0.1, zero_point=-3)
    forms = {}
    for products in (affine.FEW_PRODUCTS, affine.FEW_PRODUCTS + 1):
        weight = np.full((1, products), 100, np.int8)
        forms[products] = affine.fold("n", x, y, weight, np.array([0.0123]), None).form
    assert forms == {8: "narrow", 9: "mixed"}

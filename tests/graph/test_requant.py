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
    factor=st.floats(1e-9, 0.9),
    bound=st.integers(1, 2**31 - 1),
    zero=st.integers(-128, 127),
    short_sums=st.booleans(),
    data=st.data(),
)
def test_kernels_compute_the_definition(
    factor: float, bound: int, zero: int, short_sums: bool, data: st.DataObject
) -> None:
    low, high = np.array([-bound]), np.array([bound])
    chosen = requant.choose("n", np.array([factor]), low, high, zero, short_sums=short_sums)
    multiplier, shift = int(chosen.multiplier[0]), int(chosen.shift[0])
    for acc in (-bound, bound, 0, data.draw(st.integers(-bound, bound))):
        wanted = requant.apply(np.array([acc]), chosen.multiplier, chosen.shift, zero, -128, 127)[0]
        if chosen.form == "narrow":
            assert multiplier >= 2 ** (requant.NARROW_MIN_BITS - 1)
            assert shift >= 1
            assert as_narrow_kernel(acc, multiplier, shift, zero, -128, 127) == wanted
        else:
            assert 1 <= shift <= requant.MAX_WIDE_SHIFT
            if shift >= 33:
                assert as_wide_kernel(acc, multiplier, shift, zero, -128, 127) == wanted
        exact = acc * factor + zero
        error = 0.5 + abs(acc * factor) * 2.0**-11 + 1e-9
        if -128 < exact < 127:
            assert abs(int(wanted) - exact) <= error


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

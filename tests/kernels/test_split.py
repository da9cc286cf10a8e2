"""Products of two parts: the values of a layer's packed constants at both ends and between, and whole layers."""

import numpy as np
import pytest

from kernels.affine_layers import Shape, layer
from nmcu import testing
from nmcu.graph import affine, requant
from nmcu.kernels.common import requantize
from nmcu.kernels.dense.split import CLAMPED, IMPOSSIBLE, NARROW, split, split_share

SHAPE = Shape((5, 6, 61), 10, (3, 3))
RANGES = [(-128, 127, -128), (-128, 127, 3), (-100, 90, 5), (7, 7, 0)]
INT32 = np.iinfo(np.int32)


@pytest.mark.parametrize(("lo", "hi", "zero"), RANGES)
def test_the_parts_give_the_definition(lo: int, hi: int, zero: int) -> None:
    found = layer(SHAPE, lo=lo, hi=hi, zeros=(3, zero), gain=4.0, largest=60)
    cout = SHAPE.cout
    parts = {name: value.reshape(-1)[:cout] for name, value in split(found, 3).items() if name != "split"}
    last = np.repeat(split(found, 3)["split"], 4)[:cout]
    last = last if (lo, hi) == (-128, 127) else last - CLAMPED
    assert (last > 0).all()
    multiplier, shift, bias = (
        found.constants[name].astype(np.int64) for name in ("multiplier", "shift", "bias")
    )
    ends = affine.accumulator_range(found.constants["weight"].reshape(cout, -1), np.zeros(cout))
    acc = np.concatenate([np.linspace(*ends, 501).astype(np.int64), np.arange(-300, 301)[:, None] + 0 * bias])
    low = acc * parts["low"] + parts["low_start"]
    assert INT32.min <= low.min() and low.max() <= INT32.max
    whole = acc * parts["high"] + (low >> requant.SPLIT_BITS) + parts["start"]
    assert INT32.min <= whole.min() and whole.max() <= INT32.max
    exact = requant.apply(acc + bias, multiplier, shift, zero, lo, hi)
    np.testing.assert_array_equal(np.clip(whole >> last, lo, hi), exact)


@pytest.mark.parametrize(("lo", "hi", "zero"), RANGES)
def test_layers_of_split_products(lo: int, hi: int, zero: int) -> None:
    found = layer(SHAPE, lo=lo, hi=hi, zeros=(3, zero), gain=4.0, largest=60)
    assert split_share(found) == 1
    testing.check_simulated(found, "xcv", "*_4x4", most=1)


def test_the_narrow_form_is_not_split() -> None:
    found = layer(Shape((6, 8), 8))
    assert requantize.form(found) == "narrow"
    assert (split(found, 2)["split"] == NARROW).all()


def test_some_groups_cannot_be_split() -> None:
    """Of a layer with factors from next to nothing to more than 1 some groups go the long way, and all are exact."""
    found = layer(SHAPE, mixed=True, zeros=(3, -128))
    groups = split(found, 3)["split"]
    assert (groups == IMPOSSIBLE).any()
    testing.check_simulated(found, "xcv", "*_4x4", most=1)


def test_sums_of_many_products_cannot_be_split() -> None:
    """Sums of 2^23 and more times nine bits overflow; the multipliers of 31 bits stay."""
    found = layer(Shape((4, 1200), 8))
    assert (split(found, 2)["split"] == IMPOSSIBLE).all()
    testing.check_simulated(found, "xcv", "dense_4x4", most=1)

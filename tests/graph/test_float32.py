"""Own float32 routines: their errors, in units of the last place, against long double."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from nmcu.graph import float32

Long = NDArray[np.longdouble]
RNG = np.random.default_rng(7)
BITS = RNG.integers(0, 2**32, 200_000, dtype=np.uint32).view(np.float32)
USUAL = np.concatenate(
    [
        RNG.normal(0, 3, 100_000).astype(np.float32),
        RNG.uniform(-104, 89, 100_000).astype(np.float32),
        (1 + RNG.normal(0, 1e-3, 50_000)).astype(np.float32),
        RNG.uniform(0.5, 0.6, 50_000).astype(np.float32),
        BITS[np.isfinite(BITS)],
    ]
)

ROUTINES: dict[str, tuple[Callable[[float32.Single], float32.Single], Callable[[Long], Long], float]] = {
    "exp": (float32.exp, np.exp, 0.52),
    "log": (float32.log, np.log, 0.53),
    "tanh": (float32.tanh, np.tanh, 1.5),
    "sigmoid": (float32.sigmoid, lambda x: 1 / (1 + np.exp(-x)), 2.4),
    "softplus": (float32.softplus, lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), 2.6),
    "sqrt": (float32.sqrt, np.sqrt, 0.5),
}


@pytest.mark.parametrize("name", ROUTINES)
def test_errors_are_what_is_documented(name: str) -> None:
    """`graph/float32.py` states the bounds; subnormal results count in units of 2**-149."""
    routine, exact, bound = ROUTINES[name]
    with np.errstate(all="ignore"):
        x = USUAL[USUAL > 0] if name in ("log", "sqrt") else USUAL
        wanted = exact(x.astype(np.longdouble))
        nearest = wanted.astype(np.float32)
        unit = np.maximum(np.spacing(np.abs(nearest)).astype(np.float64), 2.0**-149)
        units = np.abs(routine(x).astype(np.longdouble) - wanted) / unit
        np.testing.assert_array_equal(np.isinf(routine(x)), np.isinf(nearest))
    assert float(units[np.isfinite(nearest)].max()) <= bound


def test_special_values() -> None:
    inf, nan = np.inf, np.nan
    x = np.array([0.0, -0.0, inf, -inf, nan, 1e-45], np.float32)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(float32.exp(x), np.array([1, 1, inf, 0, nan, 1], np.float32))
        np.testing.assert_array_equal(
            float32.log(x), np.array([-inf, -inf, inf, nan, nan, np.log(2.0**-149)], np.float32)
        )
        np.testing.assert_array_equal(float32.tanh(x), np.array([0, 0, 1, -1, nan, 1e-45], np.float32))
        np.testing.assert_array_equal(float32.sigmoid(x), np.array([0.5, 0.5, 1, 0, nan, 0.5], np.float32))


def test_sums_are_of_eight_lanes() -> None:
    """The order is part of the definition: cores that share a row add in it whatever their number."""
    x = (np.arange(1, 20) ** 7).astype(np.float32)
    lanes = [np.float32(0)] * 8
    for i, value in enumerate(x):
        lanes[i % 8] += value
    a = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
    b = (lanes[4] + lanes[5]) + (lanes[6] + lanes[7])
    assert float32.total(x)[0] == a + b != x.sum(dtype=np.float64)

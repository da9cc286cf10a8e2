"""The additive model's optimum against trying everything."""

from itertools import product

import numpy as np
import pytest

from nmcu.layerwise import Variant
from nmcu.pareto import Assignment, Option, Surrogate
from nmcu.sparsity import NMPattern

PATTERNS = [NMPattern.parse(text) for text in ("1:4", "1:8", "1:16")]


def _surrogate(seed: int, layers: int = 4) -> Surrogate:
    rng = np.random.default_rng(seed)
    options = {
        f"layer{n}": [
            Option(
                Variant(f"layer{n}", pattern),
                float(rng.uniform(0, 1)),
                -int(rng.integers(-20, 500)),
                -int(rng.integers(1, 900)),
            )
            for pattern in PATTERNS
        ]
        for n in range(layers)
    }
    return Surrogate(options, 2000)


def _sums(surrogate: Surrogate, assignment: Assignment) -> tuple[float, int, int]:
    chosen = [o for options in surrogate.options.values() for o in options if o.variant in assignment.each]
    return (
        sum(o.loss for o in chosen),
        surrogate.cycles + sum(o.cycles for o in chosen),
        sum(o.constant_bytes for o in chosen),
    )


def _all(surrogate: Surrogate) -> list[Assignment]:
    each = [[None, *options] for options in surrogate.options.values()]
    return [Assignment(tuple(o.variant for o in some if o is not None)) for some in product(*each)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("saved", [None, 1200])
def test_no_assignment_within_the_bounds_loses_less(seed: int, saved: int | None) -> None:
    surrogate = _surrogate(seed)
    for bound in (2000, 1500, 1200):
        allowed = [
            sums
            for sums in (_sums(surrogate, each) for each in _all(surrogate))
            if sums[1] <= bound and (saved is None or sums[2] <= -saved)
        ]
        found = surrogate.optimum(bound, saved)
        if found is None:
            assert not allowed
            continue
        loss, cycles, constant_bytes = _sums(surrogate, found)
        assert cycles <= bound and (saved is None or constant_bytes <= -saved)
        assert loss == pytest.approx(min(sums[0] for sums in allowed), abs=1e-5)


def test_the_fewest_cycles_are_reached_and_no_fewer() -> None:
    surrogate = _surrogate(0)
    assert surrogate.least_cycles == min(_sums(surrogate, each)[1] for each in _all(surrogate))
    assert surrogate.optimum(surrogate.least_cycles) is not None
    assert surrogate.optimum(surrogate.least_cycles - 1) is None


def test_the_front_goes_from_the_unpruned_network_to_the_fastest() -> None:
    surrogate = _surrogate(1)
    found = surrogate.front(9)
    assert found[0] == Assignment()
    assert _sums(surrogate, found[-1])[1] == surrogate.least_cycles
    losses = [_sums(surrogate, each)[0] for each in found]
    assert losses == sorted(losses)


def test_what_is_known_is_not_found_again() -> None:
    """The second best, the third, ..., as in a list of all assignments."""
    surrogate = _surrogate(2, layers=2)
    ranked = sorted(
        (each for each in _all(surrogate) if _sums(surrogate, each)[1] <= 1500),
        key=lambda each: _sums(surrogate, each)[0],
    )
    known: list[Assignment] = []
    for _ in ranked:
        found = surrogate.optimum(1500, but=known)
        assert found is not None
        known.append(found)
    assert known == ranked
    assert surrogate.optimum(1500, but=known) is None

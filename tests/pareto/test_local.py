"""The additive model fitted to networks that were evaluated."""

from collections.abc import Callable, Sequence
from itertools import product

import pytest

from nmcu.layerwise import Score, Variant
from nmcu.pareto import Assignment, Measured, Option, Surrogate, explored, uniform
from nmcu.pareto.local import fitted
from nmcu.pareto.refine import front, instead
from nmcu.sparsity import NMPattern

LAYERS = ("a", "b", "c", "d")
PATTERNS = [NMPattern.parse(text) for text in ("1:4", "1:8", "1:16")]
CYCLES = 2000
ALONE = {
    Variant(layer, pattern): Option(
        Variant(layer, pattern), 0.1 * (n + 1) * (p + 1), -100 * (p + 1) - 10 * n, -100
    )
    for n, layer in enumerate(LAYERS)
    for p, pattern in enumerate(PATTERNS)
}
MODEL = Surrogate({name: [o for o in ALONE.values() if o.variant.layer == name] for name in LAYERS}, CYCLES)
Loss = Callable[[Assignment], float]


def _measured(assignment: Assignment, loss: float) -> Measured:
    cycles = CYCLES + sum(ALONE[variant].cycles for variant in assignment.each)
    return Measured(assignment, Score(10, None, 10 * loss, 0.0), cycles)


def _all() -> list[Assignment]:
    each = [[None, *(option.variant for option in options)] for options in MODEL.options.values()]
    return [Assignment(tuple(v for v in some if v is not None)) for some in product(*each)]


def _alone(assignment: Assignment) -> float:
    return sum(ALONE[variant].loss for variant in assignment.each)


def _together(assignment: Assignment) -> float:
    """Layer `a`, the cheapest alone, loses six times as much where others are pruned, too."""
    first = sum(ALONE[variant].loss for variant in assignment.each if variant.layer == "a")
    return _alone(assignment) + (5 * first if len(assignment.each) > 1 else 0.0)


def _evaluate(loss: Loss) -> Callable[[Sequence[Assignment]], list[Measured]]:
    return lambda wanted: [_measured(each, loss(each)) for each in wanted]


def test_a_model_that_is_right_stays_as_it_is() -> None:
    found = fitted(MODEL, _evaluate(_alone)(_all()[::5]), 1500)
    assert found.cycles == pytest.approx(CYCLES, abs=1)
    for name, options in found.options.items():
        for option, before in zip(options, MODEL.options[name], strict=True):
            assert option.variant == before.variant
            assert option.loss == pytest.approx(before.loss, rel=0.01)
            assert option.cycles == pytest.approx(before.cycles, abs=1)


def test_what_layers_lose_together_is_learned() -> None:
    """What the sums of their losses alone recommend is another assignment."""
    everything = _evaluate(_together)(_all())
    best = min((m for m in everything if m.cycles <= 1500), key=lambda m: m.score.divergence or 0.0)
    assert MODEL.optimum(1500) != best.assignment
    assert fitted(MODEL, everything, 1500).optimum(1500) == best.assignment


def test_each_trial_is_a_new_one() -> None:
    starts = _evaluate(_together)(MODEL.front(8))
    found = explored(_evaluate(_together), MODEL, starts, 24)
    assert found[: len(starts)] == starts
    assert len({each.assignment for each in found}) == len(found) == len(starts) + 24


def test_trials_aim_below_what_is_as_good_as_a_rival() -> None:
    """The best that is as good as each pattern everywhere is found sooner."""
    everything = _evaluate(_together)(_all())
    rivals = _evaluate(_together)([uniform(ALONE, pattern) for pattern in PATTERNS])
    starts = [*rivals, *_evaluate(_together)(MODEL.front(4))]

    def loss(measured: Measured) -> float:
        return measured.score.divergence or 0.0

    def cycles(found: Sequence[Measured]) -> list[int]:
        better = (instead(front(found, loss), rival, loss) for rival in rivals)
        return [each.cycles for each in better if each is not None]

    aimed = explored(_evaluate(_together), MODEL, starts, 48, rivals, loss)
    assert cycles(aimed) == cycles(everything) != cycles(starts)
    assert sum(cycles(aimed)) < sum(cycles(explored(_evaluate(_together), MODEL, starts, 48)))


def test_nothing_is_evaluated_where_all_is_known_or_nothing_fits() -> None:
    everything = _evaluate(_alone)(_all())
    assert explored(_evaluate(_alone), MODEL, everything, 8) == everything
    refused = [Measured(Assignment(), Score(1, None, 0.0, 0.0), reason="too large")]
    assert explored(_evaluate(_alone), MODEL, refused, 8) == refused

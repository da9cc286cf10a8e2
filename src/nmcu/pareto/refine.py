"""From the additive model's assignments to better ones, by evaluating them."""

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence

from nmcu.errors import NmcuError
from nmcu.pareto.assignment import Assignment
from nmcu.pareto.measure import Measured

BATCH = 8
"""Assignments that are asked for before the first is told, whatever evaluates them: so what comes out is the same."""
Evaluate = Callable[[Sequence[Assignment]], Sequence[Measured]]


def refine(
    evaluate: Evaluate,
    choices: Mapping[str, Sequence[str]],
    starts: Sequence[Measured],
    trials: int,
    loss: Callable[[Measured], float],
    seed: int = 0,
) -> list[Measured]:
    """All that was evaluated: `starts`, and up to `trials` others that Optuna's multi-objective TPE proposes from all
    before, for little `loss` and few cycles. `choices` are patterns by layer, `dense` among them.

    Raises `NmcuError` where Optuna is not installed.
    """
    try:
        import optuna  # late: it is in the extra `search`
    except ImportError as error:
        raise NmcuError(
            "refining needs the package optuna, which is not installed: pip install 'nmcu[search]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    known = {each.assignment: each for each in starts}
    spaces: dict[str, optuna.distributions.BaseDistribution] = {
        layer: optuna.distributions.CategoricalDistribution(each) for layer, each in choices.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=0, multivariate=True, constant_liar=True, seed=seed
        )
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
    for each in starts:
        params = {layer: each.assignment.of(layer) for layer in choices}
        is_choice = all(pattern in choices[layer] for layer, pattern in params.items())
        if each.reason is None and is_choice:  # a pattern everywhere is also where it gains nothing
            values = [loss(each), each.cycles]
            study.add_trial(optuna.create_trial(params=params, distributions=spaces, values=values))
    left, idle = trials, 0
    while left > 0 and idle < trials:
        asked = [study.ask(spaces) for _ in range(BATCH)]
        wanted = [Assignment.by_layer(trial.params) for trial in asked]
        new = [each for each in dict.fromkeys(wanted) if each not in known][:left]
        for found in evaluate(new) if new else ():
            known[found.assignment] = found
        left, idle = left - len(new), 0 if new else idle + BATCH
        for trial, assignment in zip(asked, wanted, strict=True):
            result = known.get(assignment)
            if result is None or result.reason is not None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, [loss(result), result.cycles])
    return list(known.values())


def front(found: Sequence[Measured], loss: Callable[[Measured], float]) -> list[Measured]:
    """Those that no other one beats or equals in both loss and cycles, from the slowest to the fastest."""
    fitting = sorted((each for each in found if each.reason is None), key=lambda m: (m.cycles, loss(m)))
    best: list[Measured] = []
    for each in fitting:
        if not best or loss(each) < loss(best[-1]):
            best.append(each)
    return best[::-1]


def thinned(points: Sequence[Measured], count: int, wanted: Collection[Assignment] = ()) -> list[Measured]:
    """At most `count` of a front, the ends among them, those that are `wanted` if they are not more, the others as
    evenly over the cycles as it has them."""
    kept = list(points)
    while len(kept) > max(2, count):
        inner = range(1, len(kept) - 1)
        others = [at for at in inner if kept[at].assignment not in wanted]
        kept.pop(min(others or inner, key=lambda at: kept[at - 1].cycles - kept[at + 1].cycles))
    return kept


def instead(front: Sequence[Measured], of: Measured, loss: Callable[[Measured], float]) -> Measured | None:
    """The fastest of a front that is at least as good."""
    good = [each for each in front if loss(each) <= loss(of)]
    return min(good, key=lambda each: each.cycles, default=None)

"""The additive model where a search is: fitted to what networks of about as many cycles were found to lose."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nmcu.pareto.assignment import Assignment
from nmcu.pareto.measure import Measured
from nmcu.pareto.refine import BATCH, Evaluate, front, instead
from nmcu.pareto.surrogate import Surrogate, divergence

Real = NDArray[np.float64]
NEAR = 0.15
"""Of the range of cycles: how far away a network counts 1/e of what it counts at the bound."""
DOUBT = 0.5
"""Standard deviation of an option's value from what it is alone, as a share of it."""
MISFIT_OF_LOSSES, MISFIT_OF_CYCLES = 0.1, 0.01
"""Standard deviation of a network's value from the sum, as a share of the mean nearby."""
GOLDEN = (5**0.5 - 1) / 2
"""Each round's bounds lie between those of the rounds before."""
STEP = 0.05
"""Of the cycles of what is as good as a rival: how far below the next try is at most."""


def explored(
    evaluate: Evaluate,
    model: Surrogate,
    starts: Sequence[Measured],
    trials: int,
    rivals: Sequence[Measured] = (),
    loss: Callable[[Measured], float] = lambda measured: divergence(measured.score),
) -> list[Measured]:
    """All that was evaluated: `starts`, and up to `trials` others: round by round the optima, at several bounds on the
    cycles, of the models `fitted` there to all before. The bounds lie evenly over the cycles, but for those that aim
    at `rivals`: something faster yet that loses no more than they do."""
    known = list(starts)
    number = 0
    while (left := trials - len(known) + len(starts)) > 0:
        cycles = [each.cycles for each in known if each.reason is None]
        if not cycles:
            break
        number += 1
        step = number * GOLDEN % 1
        bounds = _below(known, rivals, loss, step)
        even = BATCH - len(bounds)
        bounds += [round(min(cycles) + (i + step) / even * (max(cycles) - min(cycles))) for i in range(even)]
        wanted: list[Assignment] = []
        for bound in bounds:
            but = [*(each.assignment for each in known), *wanted]
            found = fitted(model, known, bound).optimum(bound, but=but)
            if found is not None and len(wanted) < left:
                wanted.append(found)
        if not wanted:
            break
        known += evaluate(wanted)
    return known


def _below(
    known: Sequence[Measured], rivals: Sequence[Measured], loss: Callable[[Measured], float], step: float
) -> list[int]:
    """Bounds on cycles for half a round: a little below the fastest that is as good as a rival, of those rivals by
    whom least is saved so far."""
    best = front(known, loss)
    least = min(each.cycles for each in best)
    saved: dict[int, float] = {}
    for rival in rivals:
        better = instead(best, rival, loss)
        if better is not None and (bound := round((1 - STEP * step) * better.cycles)) >= least:
            saved[bound] = min(saved.get(bound, 1.0), 1 - better.cycles / rival.cycles)
    return sorted(saved, key=lambda bound: saved[bound])[: BATCH // 2]


def fitted(model: Surrogate, found: Sequence[Measured], bound: int) -> Surrogate:
    """`model` with losses and cycles of its options that fit those of the networks found, the nearer to `bound` cycles
    the better."""
    fitting = [each for each in found if each.reason is None]
    options = [option for each in model.options.values() for option in each]
    chosen = np.array([[o.variant in each.assignment.each for o in options] for each in fitting], np.float64)
    cycles = np.array([each.cycles for each in fitting], np.float64)
    near = np.exp(-(((cycles - bound) / (NEAR * max(1.0, np.ptp(cycles)))) ** 2))
    _, losses = _values(
        chosen,
        np.array([o.loss for o in options]),
        np.array([divergence(each.score) for each in fitting]),
        near,
        MISFIT_OF_LOSSES,
    )
    offset, saved = _values(
        chosen, np.array([float(o.cycles) for o in options]), cycles - model.cycles, near, MISFIT_OF_CYCLES
    )
    new = {
        option: replace(option, loss=max(0.0, loss), cycles=round(cycles))
        for option, loss, cycles in zip(options, losses.tolist(), saved.tolist(), strict=True)
    }
    return Surrogate(
        {layer: [new[option] for option in each] for layer, each in model.options.items()},
        model.cycles + round(offset),
    )


def _values(chosen: Real, alone: Real, measured: Real, near: Real, misfit: float) -> tuple[float, Real]:
    """The constant and the values of options (K,) whose sums over those `chosen` (networks, K) come nearest to what was
    `measured` (networks,) with the weights `near`, where a value is expected to be what it is `alone` times a factor
    that all share."""
    terms = chosen * alone
    columns = np.column_stack([np.ones(len(measured)), terms.sum(axis=1), terms])
    mean = float(near @ np.abs(measured)) / float(near.sum())
    weights = near / max(misfit * mean, 1e-9) ** 2
    doubts = np.concatenate([[max(mean, 1e-9), 1.0], np.full(len(alone), DOUBT)])
    expected = np.zeros(len(doubts))
    expected[1] = 1.0
    normal = (columns.T * weights) @ columns + np.diag(doubts**-2.0)
    constant, factor, *own = np.linalg.solve(normal, columns.T @ (weights * measured) + expected / doubts**2)
    return float(constant), alone * (factor + np.array(own))

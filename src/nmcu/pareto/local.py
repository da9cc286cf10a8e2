"""The additive model where a search is: fitted to what networks of about as many cycles were found to lose."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nmcu.pareto.assignment import Assignment
from nmcu.pareto.measure import Measured
from nmcu.pareto.refine import BATCH, Evaluate
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


def explored(evaluate: Evaluate, model: Surrogate, starts: Sequence[Measured], trials: int) -> list[Measured]:
    """All that was evaluated: `starts`, and up to `trials` others: round by round the optima, at several bounds on the
    cycles, of the models `fitted` there to all before."""
    known = list(starts)
    number = 0
    while (left := trials - len(known) + len(starts)) > 0:
        cycles = [each.cycles for each in known if each.reason is None]
        if not cycles:
            break
        number += 1
        wanted: list[Assignment] = []
        for step in range(BATCH):
            share = (step + number * GOLDEN % 1) / BATCH
            bound = round(min(cycles) + share * (max(cycles) - min(cycles)))
            but = [*(each.assignment for each in known), *wanted]
            found = fitted(model, known, bound).optimum(bound, but=but)
            if found is not None and len(wanted) < left:
                wanted.append(found)
        if not wanted:
            break
        known += evaluate(wanted)
    return known


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

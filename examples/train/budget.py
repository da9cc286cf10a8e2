"""How many epochs of an experiment fit into a given time."""

import dataclasses
from typing import Any

from experiment import Experiment, Phase

INT8_COST = 2.0
"""Of an epoch with fake quantisation, in float epochs."""
RESERVED = 0.2
"""Of the time, for export and tests at the end, and for epochs that take longer than the first steps said."""


def cost(experiment: Experiment) -> float:
    """What the whole experiment takes, in float epochs at full size."""
    return experiment.train.epochs * _mean_cost(experiment) + INT8_COST * experiment.quantize.epochs


def fitted(experiment: Experiment, epoch_seconds: float, seconds: float) -> Experiment | None:
    """`experiment` with as many epochs as fit into `seconds`, its own at most; None where not one fits.

    `epoch_seconds` are those of a float epoch at full size. Both phases are shortened in the same proportion; the int8
    phase keeps one epoch where it has any.
    """
    usable = seconds * (1 - RESERVED) / epoch_seconds
    whole = experiment.quantize.epochs
    int8 = min(whole, max(1, int(whole * usable / cost(experiment)))) if whole else 0
    left = (usable - INT8_COST * int8) / _mean_cost(experiment)
    if left < min(1, experiment.train.epochs):
        return None
    return shortened(experiment, min(experiment.train.epochs, int(left)), int8)


def shortened(experiment: Experiment, train: int, quantize: int) -> Experiment:
    """`experiment` with so many epochs; what its schedules count in epochs shrinks with them."""
    share = train / max(1, experiment.train.epochs)
    sparsity = experiment.sparsity
    if sparsity is not None:
        stages = sparsity.pattern
        if isinstance(stages, list):
            stages = [[epoch * share, pattern] for epoch, pattern in stages]
        sparsity = dataclasses.replace(sparsity, pattern=stages, fade=sparsity.fade * share)
    growth = [[round(epoch * share), size] for epoch, size in experiment.data.growth]
    changed: dict[str, Any] = {
        "train": _with_epochs(experiment.train, train),
        "quantize": _with_epochs(experiment.quantize, quantize),
        "data": dataclasses.replace(experiment.data, growth=growth),
        "sparsity": sparsity,
    }
    return dataclasses.replace(experiment, **changed)


def size_at(experiment: Experiment, epoch: int) -> int:
    """The size of the images in an epoch of the float phase."""
    growth = reversed(experiment.data.growth)
    return next((size for start, size in growth if start <= epoch), experiment.data.size)


def _mean_cost(experiment: Experiment) -> float:
    """Of a float epoch, over all of them, in epochs at full size."""
    epochs = range(experiment.train.epochs)
    costs = [(size_at(experiment, epoch) / experiment.data.size) ** 2 for epoch in epochs]
    return sum(costs) / len(costs) if costs else 1.0


def _with_epochs(phase: Phase, epochs: int) -> Phase:
    share = epochs / max(1, phase.epochs)
    return dataclasses.replace(
        phase, epochs=epochs, warmup=phase.warmup * share, precondition=phase.precondition * share
    )

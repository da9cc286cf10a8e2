"""How many epochs of an experiment fit into the time that there is, by how long its first steps take."""

import statistics
import time
from collections.abc import Iterable
from itertools import pairwise

from budget import fitted
from experiment import Experiment
from learner import Learner
from optimizer import set_rate
from step import Step
from torch import Tensor

from nmcu.errors import NmcuError

PROBE_STEPS = 30
PROBE_SECONDS = 30.0
"""A plan is made from so many first steps, or from those of so many seconds."""


class TooLittleTime(NmcuError):
    """Not one epoch fits into the time that is left."""


def planned(recipe: Experiment, epoch: float, seconds: float) -> Experiment:
    """`recipe` with the epochs of `epoch` seconds that fit into `seconds`, which is printed; raises `TooLittleTime`
    where not one does."""
    plan = fitted(recipe, epoch, seconds)
    if plan is None:
        raise TooLittleTime(
            f"{recipe.name}: an epoch takes {epoch / 60:.1f} minutes here, its share of --minutes is "
            f"{seconds / 60:.1f}: give more minutes, or fewer experiments at once"
        )
    epochs = f"{plan.train.epochs} of {recipe.train.epochs} float and {plan.quantize.epochs} of "
    print(
        f"{plan.name}: an epoch takes {epoch:.0f} s; {epochs}{recipe.quantize.epochs} int8 epochs are planned "
        f"for {seconds / 60:.1f} minutes",
        flush=True,
    )
    return plan


def epoch_seconds(
    step: Step, learner: Learner, recipe: Experiment, stream: Iterable[tuple[Tensor, Tensor]], batches: int
) -> float:
    """Of a float epoch of so many batches at full size, by the first steps of `learner`, which is spoilt by them."""
    ends = [time.monotonic()]
    for number, (images, labels) in zip(range(PROBE_STEPS), stream, strict=False):
        set_rate(learner.optimizer, recipe.train, number, batches)
        step(learner, recipe.train, images, labels)
        ends.append(time.monotonic())
        if len(ends) > 4 and ends[-1] - ends[0] > PROBE_SECONDS:
            break
    steps = [after - before for before, after in pairwise(ends)]
    return batches * statistics.median(steps[1:] or steps)

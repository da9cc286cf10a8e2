"""An export before the training, so that what it refuses is refused before hours are spent."""

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, fx

from nmcu.operators import Operator
from nmcu.train.conversion import converted
from nmcu.train.ranges import observe, quantizers


def check_exports(graph: fx.GraphModule, sample: Tensor, operators: Iterable[Operator], name: str) -> None:
    """Raise `NmcuError` where `graph`, the quantised form of the model called `name`, could not be exported.

    The ranges are those of one input in `sample`; where that says nothing, as zeros do, of values from -1 to 1.
    """
    trial, one = copy.deepcopy(graph), sample[:1]
    if one.is_meta:
        one = torch.zeros(one.shape)
    observe(trial, [one])
    for quant in quantizers(trial).values():
        if not quant.fixed and bool(quant.low == quant.high):
            quant.low.fill_(-1.0)
            quant.high.fill_(1.0)
            quant.set_range()
    converted(trial, one, {}, operators, name)

"""The optimiser of a phase and its rate."""

import numpy as np
import torch
from experiment import Phase
from torch import nn

from nmcu import train as nt
from nmcu.errors import NmcuError

MOMENTUM = (0.85, 0.95)
"""Of a one-cycle schedule: at its highest rate, and at its ends."""
SCHEDULES = ("cosine", "onecycle")


def make_optimizer(model: nn.Module, phase: Phase, batches: int) -> torch.optim.Optimizer:
    """The phase's optimiser, with so many `batches` in an epoch; biases and norms do not decay."""
    if phase.schedule not in SCHEDULES:
        raise NmcuError(f"unknown schedule {phase.schedule!r}: {' and '.join(SCHEDULES)} are supported")
    decayed = [p for p in model.parameters() if p.ndim > 1]
    groups = [
        {"params": decayed, "weight_decay": phase.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if phase.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=phase.lr)
    if phase.optimizer == "step":
        return nt.PreconditionedAdamW(groups, phase.lr, precondition=int(phase.precondition * batches))
    if phase.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=phase.lr, momentum=0.9, nesterov=True)
    raise NmcuError(f"unknown optimizer {phase.optimizer!r}: sgd, adamw and step are supported")


def set_rate(optimizer: torch.optim.Optimizer, phase: Phase, step: int, batches: int) -> None:
    """Linear warm-up, then half a cosine to zero, as a function of the step alone.

    A one-cycle schedule falls in a line, and the momentum of SGD falls and rises against the rate (Smith and Topin,
    *Super-convergence*, 2018).
    """
    warm, total = phase.warmup * batches, phase.epochs * batches
    rise = min(1.0, (step + 1) / warm) if warm else 1.0
    done = max(0.0, step - warm) / max(1.0, total - warm)
    high = rise * ((1 - done) if phase.schedule == "onecycle" else 0.5 * (1 + np.cos(np.pi * done)))
    for group in optimizer.param_groups:
        group["lr"] = float(phase.lr * high)
        if phase.schedule == "onecycle" and "momentum" in group:
            group["momentum"] = float(MOMENTUM[1] - (MOMENTUM[1] - MOMENTUM[0]) * high)

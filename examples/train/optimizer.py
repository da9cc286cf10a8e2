"""The optimiser of a phase and its rate."""

import numpy as np
import torch
from experiment import Phase
from torch import nn

from nmcu.errors import NmcuError


def make_optimizer(model: nn.Module, phase: Phase) -> torch.optim.Optimizer:
    """The phase's optimiser; biases and norms do not decay."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    groups = [
        {"params": decayed, "weight_decay": phase.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if phase.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=phase.lr)
    if phase.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=phase.lr, momentum=0.9, nesterov=True)
    raise NmcuError(f"unknown optimizer {phase.optimizer!r}: sgd and adamw are supported")


def set_rate(optimizer: torch.optim.Optimizer, phase: Phase, step: int, batches: int) -> None:
    """Linear warm-up, then half a cosine to zero, as a function of the step alone."""
    warm, total = phase.warmup * batches, phase.epochs * batches
    rise = min(1.0, (step + 1) / warm) if warm else 1.0
    fall = 0.5 * (1 + np.cos(np.pi * max(0.0, step - warm) / max(1.0, total - warm)))
    for group in optimizer.param_groups:
        group["lr"] = float(phase.lr * rise * fall)

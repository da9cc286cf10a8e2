"""A network that trains, with all that moves in a step."""

from dataclasses import dataclass
from typing import Any

import torch
from experiment import Phase
from optimizer import make_optimizer
from torch import nn

from nmcu import train as nt


@dataclass
class Learner:
    """`model` with its optimiser; masks where it is sparse, an average of its weights where the phase wants one."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    sparsifier: nt.Sparsifier | None
    average: nt.Average | None

    @classmethod
    def of(cls, model: nn.Module, sparsifier: nt.Sparsifier | None, phase: Phase, batches: int) -> "Learner":
        """For a phase with so many batches in an epoch."""
        average = nt.Average(model, decay=phase.average) if phase.average else None
        return cls(model, make_optimizer(model, phase, batches), sparsifier, average)

    def step(self) -> None:
        """After the gradients are there."""
        self.optimizer.step()
        if self.sparsifier is not None:
            self.sparsifier.step()
        if self.average is not None:
            self.average.step()

    def state_dict(self) -> dict[str, Any]:
        """All that a run needs to go on at this step."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "sparsifier": self.sparsifier.state_dict() if self.sparsifier else {},
            "average": self.average.state_dict() if self.average else {},
            "rng": torch.get_rng_state(),
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """Take optimiser, average and random numbers from what `state_dict` gave; the model has its weights already."""
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        torch.set_rng_state(state["rng"])

"""Averages of the weights along training: often better than the last ones, above all where training is short."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn

from nmcu.errors import NmcuError
from nmcu.train import masks
from nmcu.train.sparsify import sparse_layers

Batches = Iterable[Tensor | Sequence[Tensor]]
"""Inputs, or what a DataLoader gives: sequences with the inputs first."""


class Average:
    """A running average of the parameters of `model`, which trains on as if there were none.

    With `decay` it is exponential: a step's weights count `1 - decay`, more in the first steps, which there would be
    forgotten too slowly (`decay` is at most (1 + n) / (10 + n) after n steps). With `decay=None` all steps count the
    same (Izmailov et al., *Averaging weights leads to wider optima and better generalization*, 2018): make it then
    where the average shall begin. A sparsified model's masks are those of the averaged dense weights. BatchNorm's
    statistics are no average: they are measured anew, with the averaged weights.

    Raises `NmcuError` for a decay that is not possible.
    """

    def __init__(self, model: nn.Module, *, decay: float | None = 0.999) -> None:
        if decay is not None and not 0 < decay < 1:
            raise NmcuError(
                f"a decay of {decay} is not possible: a number between 0 and 1 is needed, or None"
            )
        self.model = model
        self.decay = decay
        self.steps = 0
        self._weights = {name: p.detach().clone() for name, p in model.named_parameters()}

    @torch.no_grad()
    def step(self) -> None:
        """Call once after each `optimizer.step()`, and after the Sparsifier's."""
        share = 1 / (self.steps + 1)
        if self.decay is not None:
            share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, parameter in self._parameters().items():
            self._weights[name].lerp_(parameter.detach(), share)
        self.steps += 1

    @contextmanager
    def applied(self, batches: Batches = ()) -> Iterator[nn.Module]:
        """The model with the averaged weights, for as long as the context lasts; then it is as it was, bit for bit.

        `batches` of training data, some dozens, give BatchNorm its statistics. Raises `NmcuError` where the model has
        BatchNorm and none come.
        """
        before = {name: value.clone() for name, value in _tensors(self.model).items()}
        try:
            yield self.finish(batches)
        finally:
            with torch.no_grad():
                for name, value in _tensors(self.model).items():
                    value.copy_(before[name])

    def finish(self, batches: Batches = ()) -> nn.Module:
        """Give the model the averaged weights for good, and return it; `batches` as in `applied`."""
        with torch.no_grad():
            for name, parameter in self._parameters().items():
                parameter.copy_(self._weights[name])
            for _, layer, mask in sparse_layers(self.model):
                mask.update(masks.dense_weight(layer))
        if any(isinstance(module, _BatchNorm) for module in self.model.modules()):
            counted = _Counted(batches)
            update_bn(counted, self.model)
            if counted.count == 0:
                raise NmcuError(
                    "the model has BatchNorm, whose statistics are not those of the averaged weights: give batches of "
                    "training data to measure them"
                )
        return self.model

    def state_dict(self) -> dict[str, Any]:
        """The average and the number of steps in it."""
        return {"steps": self.steps, "weights": self._weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue with the average of `state`; raises `NmcuError` where it is another model's."""
        shapes = {name: value.shape for name, value in state["weights"].items()}
        if shapes != {name: value.shape for name, value in self._weights.items()}:
            raise NmcuError("the average of the checkpoint is one of another model's weights")
        self.steps = int(state["steps"])
        for name, value in state["weights"].items():
            self._weights[name].copy_(value)

    def _parameters(self) -> dict[str, nn.Parameter]:
        found = dict(self.model.named_parameters())
        if found.keys() != self._weights.keys():
            raise NmcuError(
                "the model has other parameters than when its average was begun: make it after sparsify, and finish it "
                "before Sparsifier.finish"
            )
        return found


class _Counted:
    """Iterates over `batches` once and counts them."""

    def __init__(self, batches: Batches) -> None:
        self.count = 0
        self._batches = batches

    def __iter__(self) -> Iterator[Tensor | Sequence[Tensor]]:
        for batch in self._batches:
            self.count += 1
            yield batch


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in model.state_dict().items() if isinstance(value, Tensor)}

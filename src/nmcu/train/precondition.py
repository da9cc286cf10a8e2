"""Adam for N:M masks that are learned: second moments from dense training, fixed while the masks change."""

from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor, nn

from nmcu.errors import NmcuError

LEAST = 1e-3
"""A fixed second moment is at least this share of its tensor's mean: a weight that had no gradient yet, as behind a
dead ReLU, would otherwise take steps without bound as soon as it gets one."""


class PreconditionedAdamW(torch.optim.Optimizer):
    """AdamW whose second moments are fixed after the first `precondition` steps of each parameter.

    Masks that change spoil Adam's second moments; with those of dense training, which stay, it learns masks as well as
    SGD does (STEP: Lu et al., *Learning N:M structured sparsity masks from scratch with precondition*, ICML 2023). So
    let `sparsify` start with `[(0, "dense"), (precondition, "1:8")]`. SR-STE's pull on pruned weights is then divided
    by second moments that it has no part in. The paper finds the moment from how little they still change; here it is
    given: take at least 1 / (1 - beta2) steps, 1000 with the default.

    `lr`, `betas`, `eps` and `weight_decay` are those of `torch.optim.AdamW`, which it equals before. Raises
    `NmcuError` for a number of steps below 1.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        *,
        precondition: int,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        if not isinstance(precondition, int) or precondition < 1:
            raise NmcuError(f"a precondition of {precondition} steps is not possible: at least 1 is needed")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})
        self.precondition = precondition

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step; `closure` as for every optimiser of PyTorch."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)
        return loss

    def _move(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = 0
            state["exp_avg"] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
            state["exp_avg_sq"] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
        state["step"] += 1
        step, mean, square = state["step"], state["exp_avg"], state["exp_avg_sq"]
        beta1, beta2 = group["betas"]
        mean.lerp_(grad, 1 - beta1)
        if step <= self.precondition:
            square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        if step == self.precondition:
            square.clamp_(min=LEAST * float(square.mean()))
        seen = 1 - beta2 ** min(step, self.precondition)
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.addcdiv_(
            mean, (square / seen).sqrt_().add_(group["eps"]), value=-group["lr"] / (1 - beta1**step)
        )

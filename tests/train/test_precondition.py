"""Adam with fixed second moments, against its formulas and against `torch.optim.AdamW` before they are fixed."""

import copy

import pytest
import torch
from torch import nn

from nmcu import train as nt
from nmcu.errors import NmcuError
from nmcu.train.precondition import LEAST


def test_it_is_adamw_before() -> None:
    torch.manual_seed(0)
    weights = torch.randn(5, 3)
    ours, theirs = nn.Parameter(weights.clone()), nn.Parameter(weights.clone())
    optimizers = (
        nt.PreconditionedAdamW([ours], 0.1, precondition=9, weight_decay=0.2),
        torch.optim.AdamW([theirs], 0.1, weight_decay=0.2),
    )
    for _ in range(8):
        grad = torch.randn(5, 3)
        for parameter, optimizer in zip((ours, theirs), optimizers, strict=True):
            parameter.grad = grad.clone()
            optimizer.step()
    torch.testing.assert_close(ours, theirs)


def test_then_the_second_moments_stay() -> None:
    parameter = nn.Parameter(torch.tensor([1.0, 1.0]))
    optimizer = nt.PreconditionedAdamW([parameter], 0.5, precondition=1, betas=(0.5, 0.9), weight_decay=0.0)
    parameter.grad = torch.tensor([4.0, 0.0])
    optimizer.step()  # m / (1 - 0.5) = 4, v / (1 - 0.9) = 16
    assert parameter[0].item() == pytest.approx(0.5)
    parameter.grad = torch.tensor([8.0, 0.01])
    optimizer.step()
    # m = 0.5 * 2 + 0.5 * 8, over 1 - 0.25, by the old sqrt(16)
    assert parameter[0].item() == pytest.approx(0.5 - 0.5 * (5 / 0.75) / 4)
    # no gradient before: LEAST of the mean, (16 + 0) / 2
    assert parameter[1].item() == pytest.approx(1 - 0.5 * (0.005 / 0.75) / (LEAST * 8) ** 0.5)


def test_it_prunes_with_anybodys_loop_and_resumes() -> None:
    torch.manual_seed(0)
    model = nn.Linear(16, 4)
    sparsifier = nt.sparsify(model, [(0, "dense"), (3, "1:8")])
    optimizer = nt.PreconditionedAdamW(model.parameters(), 0.01, precondition=3)
    data = torch.randn(6, 8, 16)

    def losses(optimizer: torch.optim.Optimizer, part: torch.Tensor) -> list[float]:
        found = []
        for x in part:

            def closure() -> float:
                optimizer.zero_grad()
                loss = model(x).square().mean()  # noqa: B023
                loss.backward()
                return loss.item()

            found.append(float(optimizer.step(closure)))
            sparsifier.step()
        return found

    losses(optimizer, data[:4])
    nt.verify(model)
    saved = {n: v.clone() for n, v in model.state_dict().items() if isinstance(v, torch.Tensor)}
    again = nt.PreconditionedAdamW(model.parameters(), 0.01, precondition=3)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    expected = losses(optimizer, data[4:])
    with torch.no_grad():
        for name, value in saved.items():
            model.state_dict()[name].copy_(value)
    assert losses(again, data[4:]) == expected


def test_a_number_of_steps_is_needed() -> None:
    with pytest.raises(NmcuError, match="a precondition of 0 steps is not possible"):
        nt.PreconditionedAdamW([nn.Parameter(torch.ones(1))], precondition=0)

"""Distillation: the loss, by its definition."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from nmcu import train as nt
from nmcu.errors import NmcuError


def test_the_loss_is_that_of_the_paper() -> None:
    teacher = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5))
    images, labels = torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    logits = torch.randn(5, 3, requires_grad=True)
    distiller = nt.Distiller(teacher, weight=0.25, temperature=2.0)
    wanted = functional.softmax(teacher(images) / 2, dim=1)  # without dropout
    cross = -(wanted * functional.log_softmax(logits / 2, dim=1)).sum(1).mean()
    entropy = -(wanted * wanted.log()).sum(1).mean()
    expected = 0.75 * functional.cross_entropy(logits, labels) + 0.25 * 4 * (cross - entropy)
    loss = distiller.loss(logits, images, labels)
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert logits.grad is not None and all(p.grad is None for p in teacher.parameters())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weight": 1.5}, "weight of 1.5"),
        ({"temperature": 0}, "temperature of 0"),
        ({"temperature": math.inf}, "inf"),
    ],
)
def test_options_that_are_not_possible(options: dict[str, float], said: str) -> None:
    with pytest.raises(NmcuError, match=said):
        nt.Distiller(nn.Linear(2, 2), **options)


def test_a_teacher_of_other_classes_is_one_sentence() -> None:
    distiller = nt.Distiller(nn.Linear(4, 10))
    with pytest.raises(NmcuError, match=r"teacher gives logits of shape \(5, 10\), the student \(5, 3\)"):
        distiller.loss(torch.randn(5, 3), torch.randn(5, 4), torch.zeros(5, dtype=torch.long))

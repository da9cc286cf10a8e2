"""Distillation: a sparse network learns from what a dense one answers, beside the labels."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from nmcu.errors import NmcuError


class Distiller:
    """The loss of a student that learns from `teacher`.

    `weight` is the teacher's share of the loss, 0 to 1; at `temperature` T both distributions are softened, and the
    teacher's term is multiplied by T², so that its gradient does not depend on T (Hinton et al., *Distilling the
    knowledge in a neural network*, 2015). The teacher is put into evaluation mode and never trained; the cost is its
    forward pass. It may be any module that gives logits of the student's shape, on the device that the images are on.

    Raises `NmcuError` for a weight or temperature that is not possible, and when logits of another shape come.
    """

    def __init__(self, teacher: nn.Module, *, weight: float = 0.9, temperature: float = 4.0) -> None:
        if not 0 <= weight <= 1:
            raise NmcuError(
                f"a weight of {weight} is not possible: the teacher's share of the loss is 0 to 1"
            )
        if not 0 < temperature < math.inf:
            raise NmcuError(f"a temperature of {temperature} is not possible: a number above 0 is needed")
        self.teacher = teacher.eval().requires_grad_(False)
        self.weight = weight
        self.temperature = temperature

    def loss(self, logits: Tensor, images: Tensor, labels: Tensor, *, smoothing: float = 0.0) -> Tensor:
        """The loss of the student's `logits` (N, classes) for `images` (N, ...) with `labels` (N,), a mean over N.

        `smoothing` is that of the labels' term.
        """
        with torch.no_grad():
            wanted = self.teacher(images).float()
        if wanted.shape != logits.shape:
            raise NmcuError(
                f"the teacher gives logits of shape {tuple(wanted.shape)}, the student {tuple(logits.shape)}: both "
                "must have the same classes"
            )
        hard = functional.cross_entropy(logits.float(), labels, label_smoothing=smoothing)
        soft = functional.kl_div(
            functional.log_softmax(logits.float() / self.temperature, dim=-1),
            functional.log_softmax(wanted / self.temperature, dim=-1),
            reduction="batchmean",
            log_target=True,
        )
        return (1 - self.weight) * hard + self.weight * self.temperature**2 * soft

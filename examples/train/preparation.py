"""What an experiment makes of a network before it trains: masks, channels reordered, fitted weights, a teacher."""

import json
from collections.abc import Iterable
from pathlib import Path

import torch
from experiment import Distillation, Sparsity
from models import build
from torch import Tensor, nn

from nmcu import train as nt


def sparsified(model: nn.Module, sparsity: Sparsity | None, batches: int) -> nt.Sparsifier | None:
    """The masks of `model`, where `sparsity` asks for some; an epoch has so many batches."""
    if sparsity is None:
        return None
    stages: nt.Stages | dict[str, str] = sparsity.pattern
    if isinstance(sparsity.pattern, list):
        stages = [(int(epoch * batches), pattern) for epoch, pattern in sparsity.pattern]
    return nt.sparsify(
        model,
        stages,
        skip=sparsity.skip,
        interval=sparsity.interval,
        decay=sparsity.decay,
        fade=round(sparsity.fade * batches),
    )


def prepare(model: nn.Module, sparsity: Sparsity | None, images: Iterable[Tensor]) -> None:
    """Reorder channels of dense weights, and choose and fit those that stay, as `sparsity` asks for; `images` are
    batches of training data."""
    if sparsity is None or not (sparsity.permute or sparsity.reconstruct):
        return
    last = sparsity.pattern[-1][1] if isinstance(sparsity.pattern, list) else sparsity.pattern
    some = [batch for _, batch in zip(range(max(1, sparsity.reconstruct)), images, strict=False)]
    if sparsity.permute:
        print(nt.permute(model, some[0], last, skip=sparsity.skip))
    if sparsity.reconstruct:
        print(nt.reconstruct(model, some, last, skip=sparsity.skip), flush=True)


def distiller(distill: Distillation | None, results: Path, device: torch.device) -> nt.Distiller | None:
    """The teacher of another experiment in `results`, with the weights of its float phase."""
    if distill is None:
        return None
    of = json.loads((results / distill.teacher / "metrics.json").read_text())["experiment"]
    teacher = build(**of["model"])
    nt.checkpoint.load_compact(results / distill.teacher / "float", teacher)
    teacher.to(device, memory_format=torch.channels_last)
    return nt.Distiller(teacher, weight=distill.weight, temperature=distill.temperature)

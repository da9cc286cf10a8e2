"""What pruning each layer of a float model alone does to its outputs, before anything is trained."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize
from torch.utils.hooks import RemovableHandle

from nmcu.errors import NmcuError
from nmcu.layerwise import METRICS, LayerSensitivity, Metric, Pruned, Score, Sensitivity
from nmcu.sparsity import NMPattern
from nmcu.train import given, masks
from nmcu.train.layers import NOTHING, Layer, first, named, prunable

Batch = Tensor | Sequence[Tensor]
"""Inputs, or inputs and classes."""


@torch.no_grad()
def sensitivity(
    model: nn.Module,
    data: Iterable[Batch],
    patterns: Sequence[str | NMPattern],
    *,
    metric: Metric | None = None,
    skip: str | Sequence[str] = (),
    channels: Mapping[str, int] | None = None,
) -> Sensitivity:
    """Each Conv and Linear of `model` at each of `patterns` alone: what becomes of the outputs over `data`.

    `data` are batches on the model's device, inputs or (inputs, classes), as a `DataLoader` gives them; they are gone
    through once. The model runs as in evaluation, gives one tensor, and is afterwards as it was. `metric` is as of
    `nmcu.sensitivity`: `top1` where there are classes, else `kl`; `skip` are globs of layers to leave out, `channels`
    is as of `sparsify`. Every network is evaluated whole; of cycles and bytes nothing is known before it is int8.
    Raises `NmcuError` for a pattern that is none, for a model without a layer to prune, and for classes that are
    missing.
    """
    given.check_plain(model)
    wanted = tuple(dict.fromkeys(p if isinstance(p, NMPattern) else NMPattern.parse(p) for p in patterns))
    if metric is not None and metric not in METRICS:
        raise NmcuError(f"unknown metric {metric!r}; known: {', '.join(METRICS)}")
    skipped = [skip] if isinstance(skip, str) else skip
    layers = _layers(model, wanted, skipped)
    flat = {n: first(channels or {}, n) for n in layers}
    kept = {
        (n, p): masks.compute(layers[n].weight, p, flat[n])
        for n in layers
        for p in wanted
        if _fits(layers[n], p)
    }
    scores: dict[tuple[str, NMPattern] | None, Score] = {}
    macs: dict[str, int] = {}
    with _evaluating(model):
        for number, batch in enumerate(data):
            inputs, classes = (batch, None) if isinstance(batch, Tensor) else (batch[0], _classes(batch))
            if metric == "top1" and classes is None:
                raise NmcuError(f"batch {number} has no classes, which the metric top1 needs: take kl or mse")
            with _counting(layers, macs, len(inputs)):
                unchanged = _output(model, inputs)
            found: dict[tuple[str, NMPattern] | None, Score] = {None: _score(unchanged, unchanged, classes)}
            for variant, mask in kept.items():
                with _masked(layers[variant[0]], mask):
                    found[variant] = _score(_output(model, inputs), unchanged, classes)
            scores = {v: scores[v] + score if v in scores else score for v, score in found.items()}
    if not scores:
        raise NmcuError("there are no data: give batches of inputs, or of inputs and classes")
    chosen: Metric = metric or ("kl" if scores[None].top1 is None else "top1")
    return Sensitivity(
        model=type(model).__name__,
        metric=chosen,
        patterns=wanted,
        unchanged=scores[None],
        layers=tuple(
            LayerSensitivity(
                name,
                "linear" if isinstance(layer, nn.Linear) else "conv",
                macs.get(name, 0),
                tuple(Pruned(p, scores[name, p]) for p in wanted if (name, p) in kept),
            )
            for name, layer in layers.items()
        ),
    )


def _layers(model: nn.Module, patterns: Sequence[NMPattern], skip: Sequence[str]) -> dict[str, Layer]:
    """The layers that one of the patterns fits, by name."""
    if not patterns:
        raise NmcuError("no pattern is given: name at least one, as 1:8")
    found = {
        name: layer
        for name, layer in prunable(model, skip).items()
        if not named(skip, name) and any(_fits(layer, p) for p in patterns)
    }
    for name, layer in found.items():
        if parametrize.is_parametrized(layer, "weight"):
            raise NmcuError(
                f"the weight of layer {name!r} is parametrised: look at the model before sparsify"
            )
    if not found:
        raise NmcuError(NOTHING)
    return found


def _fits(layer: Layer, pattern: NMPattern) -> bool:
    return int(layer.weight.shape[1]) >= pattern.m


def _classes(batch: Sequence[Tensor]) -> Tensor | None:
    return batch[1] if len(batch) > 1 else None


def _output(model: nn.Module, inputs: Tensor) -> Tensor:
    output = model(inputs)
    if not isinstance(output, Tensor):
        raise NmcuError(f"the model gives a {type(output).__name__}; one tensor is needed")
    return output.double()


def _score(output: Tensor, unchanged: Tensor, classes: Tensor | None) -> Score:
    """Distributions are along the last axis, means over all others."""
    logs, wanted = (functional.log_softmax(y, -1) for y in (output, unchanged))
    each = functional.kl_div(logs, wanted, reduction="none", log_target=True).sum(-1)
    right = None
    if classes is not None:
        right = int((output.flatten(1).argmax(1) == classes.flatten()).sum())
    return Score(
        samples=len(output),
        correct=right,
        divergence=float(each.reshape(len(output), -1).mean(1).sum()),
        square=float(((output - unchanged) ** 2).flatten(1).mean(1).sum()),
    )


@contextmanager
def _masked(layer: Layer, mask: Tensor) -> Iterator[None]:
    """The layer pruned, and then as it was."""
    dense = layer.weight.detach().clone()
    layer.weight.mul_(mask)
    try:
        yield
    finally:
        layer.weight.copy_(dense)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """The model as in evaluation, and then each module as it was."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


@contextmanager
def _counting(layers: Mapping[str, nn.Module], macs: dict[str, int], samples: int) -> Iterator[None]:
    """Counts the multiply-accumulates of one sample in each layer while the model runs."""

    def count(name: str) -> RemovableHandle:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            weight = module.weight
            assert isinstance(weight, Tensor)
            macs[name] = output.numel() // samples // len(weight) * weight.numel()

        return layers[name].register_forward_hook(hook)

    hooks = [count(name) for name in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()

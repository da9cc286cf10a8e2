"""A float model pruned without training: weights chosen, and fitted, so that each layer gives what it gave before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

from nmcu.errors import NmcuError
from nmcu.layerwise import LeastSquares, selected
from nmcu.layerwise.least_squares import Real
from nmcu.sparsity import NMPattern
from nmcu.train import given, masks
from nmcu.train.layers import NOTHING, by_glob, first, named, prunable
from nmcu.train.windows import windows

Batch = Tensor | Sequence[Tensor]
"""Inputs, or inputs and classes."""
Hook = Callable[[nn.Module, object, Tensor], None]
WINDOWS = 2**13
"""Results of a layer that it is fitted to at least, where there are so many."""
PER_WEIGHT = 2
"""And so many for each weight of an output."""


@dataclass(frozen=True)
class Reconstructed:
    """Which share of the variance of each layer's result is lost, by name, 0 to 1, on the data it was fitted to."""

    lost: Mapping[str, float]

    def __str__(self) -> str:
        return "\n".join(f"{name}: {100 * share:.1f} % lost" for name, share in self.lost.items())


@torch.no_grad()
def reconstruct(
    model: nn.Module,
    data: Iterable[Batch],
    pattern: str | NMPattern | Mapping[str, str | NMPattern],
    *,
    skip: str | Sequence[str] = (),
    channels: Mapping[str, int] | None = None,
) -> Reconstructed:
    """Prune the trained weights of `model` in place, before `sparsify` with the same `pattern`, `skip` and `channels`.

    `data` are some batches on the model's device, inputs or (inputs, classes), a few hundred samples or more. Layer by
    layer, in the order in which they run, the weights are kept without which the layer's result would change most
    (`nmcu.layerwise.selected`), and those are fitted to it, from what the layers before, pruned already, give; so are
    the layers behind that stay dense, and biases, or the running mean of a BatchNorm that follows. Grouped convolutions
    stay as they are. Raises `NmcuError` for what `sparsify` refuses, and where there are no data.
    """
    given.check_plain(model)
    batches = [each if isinstance(each, Tensor) else each[0] for each in data]
    if not batches:
        raise NmcuError("there are no data: give batches of inputs, or of inputs and classes")
    for number, batch in enumerate(batches):
        given.check_inputs(batch, f"batch {number}")
    wanted = by_glob(pattern)
    skip = [skip] if isinstance(skip, str) else skip
    patterns = _patterns(model, wanted, skip)
    dense = given.copied(model)
    training = [module for module in model.modules() if module.training]
    lost: dict[str, float] = {}
    for module in (model, dense):
        module.eval()
    try:
        for place in _order(model, batches[0]):
            if not lost and place.name not in patterns:
                continue
            flat = first(channels or {}, place.name)
            share = _fit(model, dense, place, patterns.get(place.name), batches, flat)
            if place.name in patterns:
                lost[place.name] = share
    finally:
        for module in training:
            module.training = True
    return Reconstructed(lost)


def _patterns(model: nn.Module, wanted: Mapping[str, NMPattern], skip: Sequence[str]) -> dict[str, NMPattern]:
    """The layers that are pruned, as `sparsify` chooses them."""
    found = {}
    for name, layer in prunable(model, (*wanted, *skip)).items():
        if parametrize.is_parametrized(layer, "weight"):
            raise NmcuError(f"the weight of layer {name!r} is parametrised: reconstruct before sparsify")
        pattern = None if named(skip, name) else first(wanted, name)
        if pattern is not None and layer.weight.shape[1] >= pattern.m and _mixes(layer):
            found[name] = pattern
    if not found:
        raise NmcuError(NOTHING)
    return found


def _mixes(layer: nn.Module) -> bool:
    return getattr(layer, "groups", 1) == 1


@dataclass(frozen=True)
class _Place:
    """A layer by name, how often it runs, and the BatchNorm that reads its result."""

    name: str
    runs: int
    norm: _BatchNorm | None


def _order(model: nn.Module, batch: Tensor) -> list[_Place]:
    """The layers that can be fitted, in the order in which they run."""
    results: dict[str, list[Tensor]] = {}
    norms: dict[str, _BatchNorm] = {}

    def ran(name: str) -> Hook:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            results.setdefault(name, []).append(output)

        return hook

    def reads(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, _BatchNorm)
        norms.update(
            {name: module for name, each in results.items() if any(result is inputs[0] for result in each)}
        )

    with ExitStack() as hooks:
        for name, module in model.named_modules():
            if isinstance(module, masks.PRUNABLE) and _mixes(module):
                hooks.callback(module.register_forward_hook(ran(name)).remove)
            elif isinstance(module, _BatchNorm):
                hooks.callback(module.register_forward_pre_hook(reads).remove)
        given.run(model, batch, "batch 0")
    return [_Place(name, len(each), norms.get(name)) for name, each in results.items()]


def _fit(
    model: nn.Module,
    dense: nn.Module,
    place: _Place,
    pattern: NMPattern | None,
    batches: Sequence[Tensor],
    channels: int | None,
) -> float:
    """Choose and fit the weights of a layer; the share of its result's variance that is lost."""
    layer, before = model.get_submodule(place.name), dense.get_submodule(place.name)
    assert isinstance(layer, masks.PRUNABLE)
    assert isinstance(before, masks.PRUNABLE)
    shape, rows = before.weight.shape, masks.reduction_last(before.weight, channels)
    weight = rows.reshape(len(rows), -1).double().cpu().numpy()
    each = -(-max(WINDOWS, PER_WEIGHT * weight.shape[1]) // len(batches))
    gram, cross = (np.zeros(2 * [weight.shape[1] + 1]) for _ in range(2))
    squares, sums = (np.zeros(len(weight)) for _ in range(2))
    for number, batch in enumerate(batches):
        ours, theirs = (
            np.concatenate(
                [
                    _with_one(windows(x, module, each, number, channels))
                    for x in _inputs(whole, module, batch, place.runs)
                ]
            )
            for whole, module in ((model, layer), (dense, before))
        )
        gram += ours.T @ ours
        cross += ours.T @ theirs
        results = theirs[:, :-1] @ weight.T
        squares += np.square(results).sum(axis=0)
        sums += results.sum(axis=0)
    problem = LeastSquares.of(weight, gram, cross)
    kept = weight != 0 if pattern is None else selected(problem, pattern, tuple(rows.shape))
    found = problem.solved(kept.reshape(weight.shape))
    bias = problem.bias(found)
    new = torch.from_numpy(found).to(layer.weight).reshape(rows.shape)
    layer.weight.copy_(masks.reduction_back(new, shape, channels))
    if layer.bias is not None:
        layer.bias.add_(torch.from_numpy(bias).to(layer.bias))
    elif place.norm is not None and place.norm.running_mean is not None:
        place.norm.running_mean.sub_(torch.from_numpy(bias).to(place.norm.running_mean))
    whole = float(np.sum(squares - np.square(sums) / gram[-1, -1]))
    explained = 2 * np.sum(found @ _centred(cross) * weight) - np.sum(found @ _centred(gram) * found)
    return max(0.0, 1 - float(explained) / whole) if whole > 0 else 0.0


def _centred(moments: Real) -> Real:
    """Second moments about the mean, from those of the inputs and a one."""
    return np.asarray(moments[:-1, :-1] - np.outer(moments[:-1, -1], moments[-1, :-1]) / moments[-1, -1])


def _with_one(found: Tensor) -> Real:
    return np.pad(found.double().cpu().numpy(), ((0, 0), (0, 1)), constant_values=1)


class _Reached(Exception):
    """The inputs are there: the rest of the model need not run."""


def _inputs(model: nn.Module, layer: nn.Module, batch: Tensor, runs: int) -> list[Tensor]:
    """What a layer is given, each time of `runs` that it runs."""
    found: list[Tensor] = []

    def hook(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(inputs[0].clone() if runs > 1 else inputs[0])  # what runs on may change it in place
        if len(found) == runs:
            raise _Reached

    handle = layer.register_forward_pre_hook(hook)
    try:
        with suppress(_Reached):
            model(batch)
    finally:
        handle.remove()
    return found

"""The ranges of a quantised model's activations: set from data, kept, checked."""

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, fx, nn

from nmcu.errors import NmcuError
from nmcu.train import given
from nmcu.train.fakequant import ActivationQuant

QUANTIZERS = "quantizers"
"""The submodule of a quantised graph that holds the activation quantisers, named after the values."""


def calibrate(model: nn.Module, batches: Iterable[Tensor | Sequence[Tensor]]) -> None:
    """Set the activation ranges of a quantised `model` from `batches` of inputs, then switch quantisation on.

    A batch may come with labels behind it, as from a DataLoader: (inputs, labels); a tensor is one batch. The range of
    a tensor is the mean of its batches' ranges. Raises `NmcuError` without a batch, for one that holds NaN or infinity
    or that the model does not run on, or where a range is not finite; the ranges are then as they were.
    """
    quants = quantizers(model)
    before = {name: copy.deepcopy(quant.state_dict()) for name, quant in quants.items()}
    try:
        if observe(model, _inputs(batches)) == 0:
            raise NmcuError("calibration needs at least one batch of inputs")
        _check_finite(quants, "after calibration: the model computes NaN or infinity")
        _check_inputs_vary(model)
    except BaseException:
        for name, quant in quants.items():
            quant.load_state_dict(before[name])
        raise


def observe(model: nn.Module, batches: Iterable[Tensor]) -> int:
    """Set the ranges of a quantised `model` from `batches` of inputs; returns how many there were."""
    count = 0
    with _observing(model, quantizers(model).values()), torch.no_grad():
        for inputs in batches:
            count += 1
            given.run(model, inputs, f"calibration batch {count}")
    return count


@contextmanager
def _observing(model: nn.Module, quants: Collection[ActivationQuant]) -> Iterator[None]:
    """The model in evaluation mode, its quantisers observing from scratch and passing values unchanged."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    for quant in quants:
        quant.train()
        quant.observing = True
        quant.forget()
    try:
        with passing(quants):
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def passing(quants: Collection[ActivationQuant]) -> Iterator[None]:
    """The quantisers passing values unchanged."""
    for quant in quants:
        quant.enabled = False
    try:
        yield
    finally:
        for quant in quants:
            quant.enabled = True


def _inputs(batches: object) -> Iterator[Tensor]:
    """The inputs in `batches`, checked."""
    if isinstance(batches, Tensor):
        batches = [batches]
    if not isinstance(batches, Iterable) or isinstance(batches, str | Mapping):
        raise NmcuError(
            f"the calibration data are a {type(batches).__name__}; batches are needed: a DataLoader, a list of tensors"
        )
    for number, batch in enumerate(batches, 1):
        found = batch[0] if isinstance(batch, Sequence) and batch else batch
        if not isinstance(found, Tensor):
            raise NmcuError(
                f"calibration batch {number} is a {type(batch).__name__}; "
                "a tensor of inputs is needed, or a tuple that begins with one"
            )
        yield given.check_inputs(found, f"calibration batch {number}")


def _check_finite(quants: Mapping[str, ActivationQuant], where: str) -> None:
    for name, quant in quants.items():
        if not torch.isfinite(quant.scale):
            raise NmcuError(f"the range of {value_of(name)!r} is not finite {where}")


def _check_inputs_vary(model: nn.Module) -> None:
    """Refuse calibration data of zeros: at a range of nothing all real data would saturate."""
    users = [u for n in cast(fx.GraphModule, model).graph.nodes if n.op == "placeholder" for u in n.users]
    for quant in (model.get_submodule(str(user.target)) for user in users if user.op == "call_module"):
        if isinstance(quant, ActivationQuant) and not bool(quant.low) and not bool(quant.high):
            raise NmcuError("the calibration data are all 0; inputs like those the model will see are needed")


def check_calibrated(model: nn.Module) -> None:
    """Raise `NmcuError` naming a value of a quantised `model` that has never seen data, or has seen NaN or infinity."""
    quants = quantizers(model)
    for name, quant in quants.items():
        if not quant.fixed and not int(quant.batches):
            raise NmcuError(
                f"the range of {value_of(name)!r} has never seen data: call calibrate(model, batches) first"
            )
    _check_finite(
        quants, "because NaN or infinity came by in training: train again, with finite data and a lower rate"
    )


def freeze_ranges(model: nn.Module) -> None:
    """Keep the activation ranges of a quantised `model` as they are for the rest of the training."""
    for quant in quantizers(model).values():
        quant.observing = False


def quantizers(model: object) -> dict[str, ActivationQuant]:
    """The activation quantisers of a quantised `model` by name; raises `NmcuError` for what `quantize` has not made."""
    checked = given.check_module(model)
    if not is_quantised(checked):
        inside = next((name for name, module in checked.named_modules() if is_quantised(module)), None)
        what = f"give its submodule {inside!r}, which is" if inside else "call nmcu.train.quantize first"
        raise NmcuError(f"{type(checked).__name__} is not quantised: {what}")
    named = checked.get_submodule(QUANTIZERS).named_children()
    return {name: quant for name, quant in named if isinstance(quant, ActivationQuant)}


def is_quantised(module: nn.Module) -> bool:
    """Whether `quantize` made `module`."""
    return isinstance(module, fx.GraphModule) and isinstance(getattr(module, QUANTIZERS, None), nn.Module)


def value_of(quantizer: str) -> str:
    """The name of the value that the quantiser of that module name quantises: `stage1.conv1`."""
    return quantizer.removeprefix(QUANTIZERS + ".").replace("__", ".")

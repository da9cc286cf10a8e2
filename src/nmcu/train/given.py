"""What users give to `nmcu.train`, checked before anything is done with it."""

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.parameter import is_lazy
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm
from torch.optim.swa_utils import AveragedModel

from nmcu.errors import NmcuError

_HOOKS = {
    WeightNorm: "torch.nn.utils.weight_norm: use torch.nn.utils.parametrizations.weight_norm instead, or call "
    "torch.nn.utils.remove_weight_norm first",
    SpectralNorm: "torch.nn.utils.spectral_norm: use torch.nn.utils.parametrizations.spectral_norm instead, or call "
    "torch.nn.utils.remove_spectral_norm first",
    BasePruningMethod: "torch.nn.utils.prune: call torch.nn.utils.prune.remove first; zeros that make a pattern stay",
}
"""What recomputes a layer's weights by a hook before each call, and what to do instead."""


def check_module(model: object) -> nn.Module:
    """`model`, if it is a PyTorch module that Python code can be read of; raises `NmcuError` otherwise."""
    if isinstance(model, type) and issubclass(model, nn.Module):
        raise NmcuError(
            f"the model is the class {model.__name__}; an instance is needed: {model.__name__}(...)"
        )
    if not isinstance(model, nn.Module):
        raise NmcuError(f"the model is a {type(model).__name__}; a torch.nn.Module is needed")
    for where, module in _named_modules(model):
        kind = type(module).__name__
        if isinstance(module, nn.DataParallel | DistributedDataParallel | AveragedModel):
            raise NmcuError(f"{where} is wrapped in {kind}: give its .module")
        if hasattr(module, "_orig_mod"):
            raise NmcuError(
                f"{where} is what torch.compile made of the model: give the model itself, ._orig_mod"
            )
        if isinstance(module, torch.jit.ScriptModule):
            raise NmcuError(f"{where} is TorchScript ({kind}): give the Python module that it was made of")
    return model


def check_plain(model: nn.Module) -> None:
    """Raise `NmcuError` unless `model` is a module whose weights are there, and plain or parametrised."""
    for where, module in _named_modules(check_module(model)):
        if any(map(is_lazy, module.parameters(recurse=False))):
            raise NmcuError(f"{where} is lazy and has no weights yet: run the model once on a batch")
        for hook in module._forward_pre_hooks.values():
            advice = next((text for kind, text in _HOOKS.items() if isinstance(hook, kind)), None)
            if advice is not None:
                raise NmcuError(f"{where} has weights that are recomputed by the hook of {advice}")


def check_float32(model: nn.Module) -> None:
    """Raise `NmcuError` where a weight or statistic has no value, or is of floats other than float32."""
    for where, module in _named_modules(model):
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
            if tensor.is_meta:
                raise NmcuError(
                    f"{where} is on the device meta, where weights have no values: load them first"
                )
            if tensor.is_floating_point() and tensor.dtype != torch.float32:
                raise NmcuError(
                    f"{where} has {_dtype(tensor)} values; int8 is simulated in float32: call model.float() first "
                    "(and torch.autocast while training, for speed)"
                )


def copied(model: nn.Module) -> nn.Module:
    """A deep copy; raises `NmcuError` for a model that holds what cannot be copied."""
    try:
        return copy.deepcopy(model)
    except (TypeError, RuntimeError, ValueError, NotImplementedError) as error:
        raise NmcuError(
            f"{type(model).__name__} cannot be copied, which quantisation begins with: {first_line(error)}"
        ) from error


def check_inputs(inputs: object, what: str) -> Tensor:
    """`inputs`, called `what`, without gradient; raises `NmcuError` unless it is a batch of finite float32 values."""
    if not isinstance(inputs, Tensor):
        raise NmcuError(
            f"{what} is a {type(inputs).__name__}; one torch.Tensor, a batch of inputs, is needed"
        )
    if inputs.layout != torch.strided or inputs.dtype != torch.float32:
        kind = "a sparse tensor" if inputs.layout != torch.strided else _dtype(inputs)
        raise NmcuError(
            f"{what} is {kind}; dense float32 values are needed: normalised, as the model is trained with"
        )
    if inputs.ndim < 2 or not inputs.numel():
        raise NmcuError(
            f"{what} has shape {tuple(inputs.shape)}; at least one input and the axis of the batch before its own are "
            "needed"
        )
    if not inputs.is_meta and not inputs.isfinite().all():
        raise NmcuError(f"{what} holds NaN or infinite values; finite ones are needed")
    return inputs.detach()


def run(model: Callable[[Tensor], object], inputs: Tensor, what: str) -> object:
    """What `model` gives for `inputs`, called `what`; raises `NmcuError` where it does not run on them."""
    try:
        return model(inputs)
    except (
        RuntimeError,
        TypeError,
        IndexError,
        ValueError,
    ) as error:  # of PyTorch and of the user's forward()
        raise NmcuError(
            f"the model does not run on {what} of shape {tuple(inputs.shape)}: {first_line(error)}"
        ) from error


def first_line(error: BaseException) -> str:
    """The first line of what `error` says."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _named_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Every module with what to call it: "layer 'stage1.conv'", "the model" for `model` itself."""
    for name, module in model.named_modules():
        yield (f"layer {name!r}" if name else "the model"), module


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")

"""A model as a torch.fx graph with shapes, ready for quantisation: traced, evaluated once, affine layers folded."""

import io
from contextlib import redirect_stderr
from typing import cast

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn.utils import parametrize

from nmcu.errors import NmcuError, counted
from nmcu.sparsity import NMPattern
from nmcu.train import given, masks
from nmcu.train.folding import fold_batchnorm, fold_factors
from nmcu.train.in_place import without_in_place

Kept = dict[str, tuple[NMPattern | None, Tensor, int | None]]
"""Layer name -> (pattern, mask, channels) of the masks that a traced copy must keep."""


def traced(model: nn.Module, sample: Tensor) -> tuple[fx.GraphModule, Kept]:
    """A folded copy of `model` in evaluation mode, and the masks its layers carried.

    `sample` is one batch of inputs. BatchNorm goes into the convolution or linear layer before it, a constant factor
    after a linear layer into its weights. Raises `NmcuError` where the model cannot be traced or run.
    """
    plain = given.copied(model).eval()
    kept: Kept = {}
    for name, module in plain.named_modules():
        if parametrize.is_parametrized(module, "weight"):
            mask = masks.of(module)
            if mask is not None:
                if mask.fade and not mask.frozen:
                    raise NmcuError(
                        f"layer {name!r} is still fading into its pattern: call freeze() of the Sparsifier first"
                    )
                kept[name] = (mask.pattern, mask.mask.clone(), mask.channels)
                _check_pruned(name, cast(Tensor, module.weight), mask.mask)
        make_plain(module)
    try:
        graph = fx.symbolic_trace(plain)
    except Exception as error:  # runs the user's forward(), which may raise anything, and nothing of ours
        raise NmcuError(
            f"{type(model).__name__} cannot be traced by torch.fx ({given.first_line(error)}): write control flow that "
            "depends on values or shapes, assert too, out of forward(), and use plain layers instead of fused ones, "
            "as nn.MultiheadAttention is"
        ) from error
    without_in_place(graph)
    _check_ends(type(model).__name__, graph)
    propagate(graph, sample)
    fold_batchnorm(graph)
    fold_factors(graph)
    _propagate_one(graph, sample)
    return graph, kept


def _check_ends(name: str, graph: fx.GraphModule) -> None:
    """Raise `NmcuError` unless the model takes one tensor and gives one, or several in a tuple or list."""
    placeholders = [str(node.target) for node in graph.graph.nodes if node.op == "placeholder"]
    inputs = len(placeholders)
    result = next(node for node in graph.graph.nodes if node.op == "output").args[0]
    outputs = list(result) if isinstance(result, tuple | list) else [result]
    if inputs != 1:
        raise NmcuError(f"{name} has {counted(inputs, 'input')}; supported: one")
    if placeholders[0].startswith("*"):
        raise NmcuError(f"{name} takes any number of inputs ({placeholders[0]}); supported: one")
    if (
        not outputs
        or not all(isinstance(node, fx.Node) for node in outputs)
        or len({*outputs}) < len(outputs)
    ):
        raise NmcuError(
            f"{name} gives {result}; supported: a tensor, or several different ones in a tuple or list"
        )


def propagate(graph: fx.GraphModule, sample: Tensor) -> None:
    """Record shape and dtype of every value (`node.meta["tensor_meta"]`); raises `NmcuError` if the model fails."""
    try:
        with torch.no_grad(), redirect_stderr(io.StringIO()):  # where ShapeProp prints a traceback
            ShapeProp(graph).propagate(sample)
    except RuntimeError as error:  # ShapeProp's own, whose cause is what the model raised
        raise NmcuError(
            f"the model does not run on a sample of shape {tuple(sample.shape)}: "
            f"{given.first_line(error.__cause__ or error)}"
        ) from error


def _propagate_one(graph: fx.GraphModule, sample: Tensor) -> None:
    """`propagate` with the first input alone, as the device runs it."""
    try:
        propagate(graph, sample[:1])
    except NmcuError as error:
        raise NmcuError(
            f"{error}; it ran on all of the sample, of shape {tuple(sample.shape)}: the first axis must be the batch, "
            "and forward() must take one of any size"
        ) from error


def make_plain(module: nn.Module) -> None:
    """Make what is parametrised plain; `remove_parametrizations` would break the class that a deep copy shares."""
    if not parametrize.is_parametrized(module):
        return
    values = {name: getattr(module, name) for name in cast(nn.ModuleDict, module.parametrizations)}
    del module.parametrizations
    module.__class__ = type(module).__bases__[0]
    for name, value in values.items():
        module.register_parameter(name, nn.Parameter(value.detach().clone()))


def _check_pruned(name: str, weight: Tensor, mask: Tensor) -> None:
    """Raise `NmcuError` where the effective `weight` of layer `name` is not zero outside of `mask`."""
    if ((weight != 0) & ~mask).any():
        raise NmcuError(
            f"layer {name!r} has weights where its mask has none: something parametrises the weight behind the mask; "
            "register it before you call sparsify"
        )

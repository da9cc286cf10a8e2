"""A model as a torch.fx graph with shapes, ready for quantisation: traced, evaluated once, affine layers folded."""

import copy
import io
import operator
from contextlib import redirect_stderr
from typing import Any, cast

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn.utils import parametrize
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from nmcu.errors import NmcuError, counted
from nmcu.sparsity import NMPattern
from nmcu.train import masks

Kept = dict[str, tuple[NMPattern | None, Tensor, int | None]]
"""Layer name -> (pattern, mask, channels) of the masks that a traced copy must keep."""


def traced(model: nn.Module, sample: Tensor) -> tuple[fx.GraphModule, Kept]:
    """A folded copy of `model` in evaluation mode, and the masks its layers carried.

    `sample` is one batch of inputs. BatchNorm goes into the convolution or linear layer before it, a constant factor
    after a linear layer into its weights. Raises `NmcuError` where the model cannot be traced or run.
    """
    check_sample(sample)
    plain = copy.deepcopy(model).eval()
    kept: Kept = {}
    for name, module in plain.named_modules():
        if parametrize.is_parametrized(module, "weight"):
            mask = masks.of(module)
            if mask is not None:
                kept[name] = (mask.pattern, mask.mask.clone(), mask.channels)
                _check_pruned(name, cast(Tensor, module.weight), mask.mask)
        make_plain(module)
    try:
        graph = fx.symbolic_trace(plain)
    except Exception as error:  # runs the user's forward(), which may raise anything, and nothing of ours
        raise NmcuError(
            f"{type(model).__name__} cannot be traced by torch.fx ({error}): write data-dependent control flow out of "
            "forward() and use plain layers instead of fused ones such as nn.MultiheadAttention"
        ) from error
    _check_ends(type(model).__name__, graph)
    propagate(graph, sample)
    _fold_batchnorm(graph)
    _fold_factors(graph)
    return graph, kept


def _check_ends(name: str, graph: fx.GraphModule) -> None:
    """Raise `NmcuError` unless the model takes one tensor and gives one, or several in a tuple or list."""
    inputs = sum(node.op == "placeholder" for node in graph.graph.nodes)
    result = next(node for node in graph.graph.nodes if node.op == "output").args[0]
    outputs = list(result) if isinstance(result, tuple | list) else [result]
    if inputs != 1:
        raise NmcuError(f"{name} has {counted(inputs, 'input')}; supported: one")
    if (
        not outputs
        or not all(isinstance(node, fx.Node) for node in outputs)
        or len({*outputs}) < len(outputs)
    ):
        raise NmcuError(
            f"{name} gives {result}; supported: a tensor, or several different ones in a tuple or list"
        )


def check_sample(sample: object) -> None:
    """Raise `NmcuError` unless `sample` is a batch of inputs."""
    if not isinstance(sample, Tensor):
        raise NmcuError(
            f"the sample is a {type(sample).__name__}; one torch.Tensor, a batch of inputs, is needed"
        )


def propagate(graph: fx.GraphModule, sample: Tensor) -> None:
    """Record shape and dtype of every value (`node.meta["tensor_meta"]`); raises `NmcuError` if the model fails."""
    try:
        with torch.no_grad(), redirect_stderr(io.StringIO()):  # where ShapeProp prints a traceback
            ShapeProp(graph).propagate(sample)
    except RuntimeError as error:  # ShapeProp's own, whose cause is what the model raised
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise NmcuError(
            f"the model does not run on a sample of shape {tuple(sample.shape)}: {reason}"
        ) from error


def module_of(graph: fx.GraphModule, node: object) -> nn.Module | None:
    """The module that `node` calls, or None where it calls none."""
    if not isinstance(node, fx.Node) or node.op != "call_module":
        return None
    return graph.get_submodule(str(node.target))


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


def _fold_batchnorm(graph: fx.GraphModule) -> None:
    for node in list(graph.graph.nodes):
        norm = module_of(graph, node)
        if not isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            continue
        source = node.args[0]
        layer = module_of(graph, source)
        if (
            not isinstance(layer, nn.Conv1d | nn.Conv2d | nn.ConvTranspose2d | nn.Linear)
            or len(source.users) != 1
        ):
            raise NmcuError(
                f"BatchNorm {node.target!r} cannot be folded: it must be the only user of the convolution or linear "
                "layer before it"
            )
        rank = len(node.meta["tensor_meta"].shape)
        if rank != (2 if isinstance(layer, nn.Linear) else 2 + len(layer.kernel_size)):
            raise NmcuError(
                f"BatchNorm {node.target!r} normalises axis 1 of {tuple(node.meta['tensor_meta'].shape)}, which is not "
                f"the channels of {source.target!r}: transpose around it, or use LayerNorm"
            )
        if _calls(graph, source) != 1:
            raise NmcuError(
                f"BatchNorm {node.target!r} cannot be folded into {source.target!r}, which the model uses "
                f"{_calls(graph, source)} times: give each use a layer and a BatchNorm of its own"
            )
        folded: nn.Module
        if isinstance(layer, nn.Linear):
            folded = fuse_linear_bn_eval(layer, cast(nn.BatchNorm1d, norm))
        elif isinstance(layer, nn.ConvTranspose2d) and layer.groups > 1:
            folded = _fold_into_grouped(layer, norm)
        else:
            folded = fuse_conv_bn_eval(layer, norm, isinstance(layer, nn.ConvTranspose2d))
        graph.set_submodule(str(source.target), folded.requires_grad_(True))
        _bypass(graph, node, source)


def _fold_into_grouped(layer: nn.ConvTranspose2d, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> nn.Module:
    """A grouped transposed convolution, weights (Cin, Cout/groups, KH, KW): PyTorch's own folding does not know it."""
    assert norm.running_mean is not None and norm.running_var is not None
    gain = torch.rsqrt(norm.running_var + norm.eps) * (1.0 if norm.weight is None else norm.weight)
    offset = 0.0 if norm.bias is None else norm.bias
    bias = torch.zeros_like(gain) if layer.bias is None else layer.bias
    weight = layer.weight.reshape(layer.groups, -1, *layer.weight.shape[1:]) * gain.view(
        layer.groups, 1, -1, 1, 1
    )
    layer.weight = nn.Parameter(weight.flatten(0, 1).detach())
    layer.bias = nn.Parameter(((bias - norm.running_mean) * gain + offset).detach())
    return layer


def _fold_factors(graph: fx.GraphModule) -> None:
    """`linear(x) * constant`, as attention scales its queries, becomes one linear layer."""
    for node in list(graph.graph.nodes):
        if node.op != "call_function" or node.target not in (operator.mul, torch.mul, operator.truediv):
            continue
        source, factor = (*node.args, None)[:2]
        layer = module_of(graph, source)
        if not isinstance(factor, int | float) or not isinstance(layer, nn.Linear):
            continue
        if len(source.users) == 1 and _calls(graph, source) == 1:
            scale = 1 / factor if node.target is operator.truediv else factor
            # New parameters: other modules may share the old ones.
            layer.weight = nn.Parameter(layer.weight.detach() * scale)
            if layer.bias is not None:
                layer.bias = nn.Parameter(layer.bias.detach() * scale)
            _bypass(graph, node, source)


def _calls(graph: fx.GraphModule, node: fx.Node) -> int:
    """How often the module that `node` calls is called."""
    return sum(other.op == "call_module" and other.target == node.target for other in graph.graph.nodes)


def _bypass(graph: fx.GraphModule, node: fx.Node, source: Any) -> None:
    node.replace_all_uses_with(source)
    graph.graph.erase_node(node)
    graph.delete_all_unused_submodules()
    graph.recompile()
